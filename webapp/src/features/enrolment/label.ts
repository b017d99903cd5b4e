/** What stands on the label of a device: its id and its serial number. */

export type Label = { deviceid: string; serialnumber: string };

const ID = '[A-Za-z0-9_:-]{1,128}';
const FORMS = [
  // An address of the app, with the label behind the `#`, which no server and no log sees.
  new RegExp(`^https?://[^#\\s]+#(${ID})/([^/\\s]{1,64})$`),
  new RegExp(`^#?(${ID})/([^/\\s]{1,64})$`),
  new RegExp(`^(${ID})\\s*[,;\\s]\\s*([^,;\\s]{1,64})$`),
];

/** Read a label's text; undefined when it is none. */
export function readLabel(text: string): Label | undefined {
  for (const form of FORMS) {
    const found = form.exec(text.trim());
    if (found) return { deviceid: found[1]!, serialnumber: found[2]! };
  }
  return undefined;
}

/** An id as the platform's generator makes them: `PH80XXRR`, month, day, year, and one byte in hex; the serial is that byte. */
export function generateLabel(now = new Date(), byte = crypto.getRandomValues(new Uint8Array(1))[0]!): Label {
  const two = (number: number) => String(number % 100).padStart(2, '0');
  const date = two(now.getMonth() + 1) + two(now.getDate()) + two(now.getFullYear());
  const hex = byte.toString(16).padStart(2, '0').toUpperCase();
  return { deviceid: `PH80XXRR${date}${hex}`, serialnumber: String(byte).padStart(5, '0') };
}
