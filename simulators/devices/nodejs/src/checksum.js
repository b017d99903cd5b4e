// CRC-32, as firmware files are checked by (zlib's own came to Node.js only with 20.15).

const TABLE = Uint32Array.from({length: 256}, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** Update a CRC-32 that started at 0. */
export function crc32(data, crc = 0) {
  let state = ~crc;
  for (const byte of data) state = (state >>> 8) ^ TABLE[(state ^ byte) & 0xff];
  return ~state >>> 0;
}
