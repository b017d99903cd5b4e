// Firmware updates: fetched by HTTPS or in chunks by MQTT, checked by size and CRC-32, and reported.

import {crc32} from './checksum.js';
import {MalformedRequest, integer, text} from './payloads.js';

const CHUNK_WAIT_SECONDS = 5;
/** Number of requests for a chunk before the update fails. */
const ATTEMPTS = 3;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** At most one update at a time; a new request replaces the running one. */
export class Updates {
  constructor(core, version, chunkBytes, isByHttps, ended) {
    Object.assign(this, {core, version, chunkBytes, isByHttps, ended});
    this.update = null;
    this.isCutShort = false;
  }

  get handlers() {
    return {beg_ota: (request) => this.begin(request)};
  }

  /** Whether what runs reaches the server: always, without a boot loader. */
  get canSubscribe() {
    return true;
  }

  /** Whether a file is being fetched: no readings are published meanwhile. */
  get isUnderWay() {
    return this.update !== null;
  }

  /** Abort the running update because the connection is lost; report the failure after the next boot. */
  interrupt() {
    this.isCutShort = this.isCutShort || this.update !== null;
    this.update = null;
  }

  /** Report an update that a lost connection aborted. */
  reportInterrupted() {
    if (!this.isCutShort) return;
    this.isCutShort = false;
    this.core.publish('end_ota', {value: {result: 'failed'}});
  }

  /** Process the reply to the last req_firmware. Other replies and duplicates are ignored. */
  receiveChunk(payload) {
    const {update} = this;
    if (update === null) return;
    if (Object.keys(payload).length === 0) {
      this.end('the server has no such file for this device');
      return;
    }
    if (text(payload, 'location') !== update.location || integer(payload, 'offset') !== update.received) return;
    const encoded = text(payload, 'bin');
    if (!BASE64.test(encoded)) throw new MalformedRequest('bin is not base64');
    const data = Buffer.from(encoded, 'base64');
    if (data.length !== integer(payload, 'size')) {
      throw new MalformedRequest(`bin has ${data.length} bytes, size says ${payload.size}`);
    }
    this.take(data);
    if (data.length === 0 || update.received >= update.size) this.end(this.fault());
    else this.askChunk();
  }

  /** Process a file from HTTPS; `contentLength` is its header's value. */
  downloadDone(location, contentLength, data) {
    const {update} = this;
    if (update === null || update.location !== location) return;
    this.take(data);
    const wrongLength = `Content-Length is ${contentLength} instead of ${update.size}`;
    this.end(contentLength === update.size ? this.fault() : wrongLength);
  }

  /** Process a failed download by HTTPS. */
  downloadFailed(location, reason) {
    if (this.update?.location === location) this.end(reason);
  }

  begin(request) {
    this.update = {
      checksum: 'checksum' in request ? integer(request, 'checksum', 0, 2 ** 32 - 1) : null,
      version: text(request, 'version'),
      location: text(request, 'location'),
      size: integer(request, 'size', 1),
      received: 0,
      crc: 0,
      attempts: 0,
    };
    this.core.say(`updating from version ${this.version} to ${this.update.version}`);
    if (this.isByHttps) this.core.do('download', this.update.location);
    else this.askChunk();
    return {};
  }

  askChunk() {
    const {update} = this;
    if (update === null) return;
    if (update.attempts === ATTEMPTS) {
      this.end(`no answer to ${ATTEMPTS} requests for a chunk`);
      return;
    }
    update.attempts += 1;
    const size = Math.min(this.chunkBytes, update.size - update.received);
    this.core.publish('req_firmware', {location: update.location, offset: update.received, size});
    this.core.after(CHUNK_WAIT_SECONDS, 'chunk', () => this.askChunk());
  }

  take(data) {
    this.update.received += data.length;
    this.update.crc = crc32(data, this.update.crc);
    this.update.attempts = 0;
  }

  /** Return the error of the received file; null if it is valid. */
  fault() {
    const {received, size, crc, checksum} = this.update;
    if (received !== size) return `${received} bytes instead of ${size}`;
    return checksum !== null && crc !== checksum ? `checksum ${crc} instead of ${checksum}` : null;
  }

  end(fault) {
    this.core.cancel('chunk');
    const {version} = this.update;
    this.update = null;
    if (fault === null) {
      this.version = version;
      this.core.say(`updated to version ${version}`);
    } else {
      this.core.say(`update failed: ${fault}`);
    }
    this.core.publish('end_ota', {value: {result: fault === null ? 'successful' : 'failed'}});
    this.ended();
  }
}
