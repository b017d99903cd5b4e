/** A ZIP file of a few small texts, stored without compression (PKWARE APPNOTE 6.3). */

export type TextFile = { name: string; text: string };

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});

const crc32 = (bytes: Uint8Array): number =>
  (bytes.reduce((crc, byte) => CRC[(crc ^ byte) & 0xff]! ^ (crc >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;

/** Numbers as little endian, each with its width in bytes. */
const numbers = (...fields: readonly [value: number, width: number][]): number[] =>
  fields.flatMap(([value, width]) => Array.from({ length: width }, (_, at) => (value >>> (8 * at)) & 0xff));

export function zip(files: readonly TextFile[]): Blob {
  const utf8 = new TextEncoder();
  const local: number[] = [];
  const central: number[] = [];
  for (const { name, text } of files) {
    const bytes = utf8.encode(text);
    const title = [...utf8.encode(name)];
    // Version 2.0, UTF-8 names, stored; 1980-01-01.
    const common = numbers(
      [20, 2],
      [0x0800, 2],
      [0, 2],
      [0, 2],
      [0x21, 2],
      [crc32(bytes), 4],
      [bytes.length, 4],
      [bytes.length, 4],
      [title.length, 2],
      [0, 2],
    );
    central.push(
      ...numbers([0x02014b50, 4], [20, 2]),
      ...common,
      ...numbers([0, 2], [0, 2], [0, 2], [0, 4], [local.length, 4]),
      ...title,
    );
    local.push(...numbers([0x04034b50, 4]), ...common, ...title, ...bytes);
  }
  const end = numbers(
    [0x06054b50, 4],
    [0, 2],
    [0, 2],
    [files.length, 2],
    [files.length, 2],
    [central.length, 4],
    [local.length, 4],
    [0, 2],
  );
  return new Blob([new Uint8Array([...local, ...central, ...end])], { type: 'application/zip' });
}
