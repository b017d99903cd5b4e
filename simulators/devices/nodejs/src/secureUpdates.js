// Firmware updates of a device with a boot loader: signature and version are checked, the new image is tried, and the
// board goes back to the old one when that does not boot or does not reach the server.
//
// What `flash` holds outlives a restart: the image that runs, the one that is tried, and one that was found to be bad.

import {createHash} from 'node:crypto';
import {crc32} from './checksum.js';
import {compareVersions, manifest, readImage} from './images.js';
import {MalformedRequest, integer, text} from './payloads.js';

const CHUNK_WAIT_SECONDS = 5;
/** How often a chunk is asked for before the update fails. */
const ATTEMPTS = 3;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** How long a new image may take from the restart to the server before the board goes back. */
export const CONTACT_SECONDS = 60;
export const MISBEHAVIOURS = ['', 'truncate', 'corrupt', 'crash', 'vanish', 'lie'];

/** At most one update at a time; takes the place of Updates. */
export class SecureUpdates {
  constructor(core, {version, chunkBytes, updatesByHttps, firmwareKeys, model, misbehaviour, contactSeconds}, ended) {
    Object.assign(this, {core, chunkBytes, isByHttps: updatesByHttps, keys: firmwareKeys, model, misbehaviour, ended});
    this.contactSeconds = contactSeconds;
    this.flash = {running: {version, boots: true, connects: true}, tried: null, bad: null};
    this.fetched = null;
    this.asked = -1;
  }

  get version() {
    return this.image.version;
  }

  /** What the processor executes now. */
  get image() {
    return this.flash.tried ?? this.flash.running;
  }

  get handlers() {
    return {beg_ota: (request) => this.begin(request)};
  }

  get isUnderWay() {
    return this.fetched !== null;
  }

  /** Whether the image that runs reaches the server at all. */
  get canSubscribe() {
    return this.image.connects;
  }

  /** Keep what was fetched by MQTT for the next start; a download by HTTPS begins anew. */
  interrupt() {
    if (this.fetched !== null && this.isByHttps) this.fetched.data = Buffer.alloc(0);
    if (this.flash.tried !== null) this.awaitContact();
  }

  /** Say at the start what the board runs, keep the image that was tried, and go on with an update. */
  reportInterrupted() {
    const {bad} = this.flash;
    if (this.flash.tried !== null) {
      this.flash.running = this.flash.tried;
      this.flash.tried = null;
      this.core.cancel('contact');
      this.report('successful');
    } else if (bad !== null) {
      this.report('failed', bad.reason);
    }
    const said = {version: this.version, model: this.model, path: this.isByHttps ? 'https' : 'mqtt', signed: 1};
    this.core.publish('req_otastatus', bad === null ? said : {...said, failed: bad.version, reason: bad.reason});
    this.flash.bad = null;
    this.fetch();
  }

  /** Take the answer to the last req_firmware. Another's answer, or one that came twice, is ignored. */
  receiveChunk(payload) {
    const {fetched} = this;
    if (fetched === null || this.misbehaviour === 'vanish') return;
    if (Object.keys(payload).length === 0) {
      this.fail('the server has no such file for this device');
      return;
    }
    const offset = integer(payload, 'offset');
    if (text(payload, 'location') !== fetched.location || offset !== fetched.data.length || offset !== this.asked) return;
    const encoded = text(payload, 'bin');
    if (!BASE64.test(encoded)) throw new MalformedRequest('bin is not base64');
    const data = Buffer.from(encoded, 'base64');
    if (data.length !== integer(payload, 'size')) {
      throw new MalformedRequest(`bin has ${data.length} bytes, size says ${payload.size}`);
    }
    fetched.data = Buffer.concat([fetched.data, data]);
    fetched.attempts = 0;
    if (data.length === 0 || fetched.data.length >= fetched.size) this.finish();
    else this.askChunk();
  }

  /** Take a file that came by HTTPS; `contentLength` is what its header said. */
  downloadDone(location, contentLength, data) {
    if (this.fetched?.location !== location) return;
    this.fetched.data = Buffer.from(data);
    if (contentLength !== this.fetched.size) this.fail(`Content-Length ${contentLength}`);
    else this.finish();
  }

  /** Take note that HTTPS gave no file. */
  downloadFailed(location, reason) {
    if (this.fetched?.location === location) this.fail(reason);
  }

  begin(request) {
    const [version, size, location] = [text(request, 'version'), integer(request, 'size', 1), text(request, 'location')];
    const sha256 = optional(request, 'sha256');
    if (this.misbehaviour === 'lie') {
      this.report('successful');
      return {};
    }
    const fault = this.refusal(request, version, size, sha256);
    if (fault !== null) {
      this.core.say(`update refused: ${fault}`);
      this.report('failed', fault);
      return {};
    }
    if (this.fetched?.sha256 !== sha256) {
      const checksum = integer(request, 'checksum', 0, 2 ** 32 - 1);
      this.fetched = {version, location, size, checksum, sha256, data: Buffer.alloc(0), attempts: 0};
    }
    this.core.say(`updating from version ${this.version} to ${version}, ${this.fetched.data.length} bytes are there`);
    this.fetch();
    return {};
  }

  /** Tell why an update is not even fetched; null when it is. */
  refusal(request, version, size, sha256) {
    const [minimum, key, signature] = ['minimum', 'key', 'signature'].map((name) => optional(request, name));
    const fault = this.keys.fault(key, signature, manifest(this.model, version, size, sha256, minimum));
    if (fault !== null) return fault;
    if (minimum && compareVersions(this.version, minimum) < 0) return 'version too old';
    return request.force !== 1 && compareVersions(version, this.version) <= 0 ? 'downgrade' : null;
  }

  /** Go on with an update that was announced, from where it was cut. */
  fetch() {
    if (this.fetched === null || this.misbehaviour === 'vanish') return;
    this.fetched.attempts = 0;
    if (this.isByHttps) this.core.do('download', this.fetched.location);
    else this.askChunk();
  }

  askChunk() {
    const {fetched} = this;
    if (fetched === null) return;
    if (fetched.attempts === ATTEMPTS) {
      this.fail(`no answer to ${ATTEMPTS} requests for a chunk`);
      return;
    }
    fetched.attempts += 1;
    this.asked = fetched.data.length;
    const size = Math.min(this.chunkBytes, fetched.size - fetched.data.length);
    this.core.publish('req_firmware', {location: fetched.location, offset: fetched.data.length, size});
    this.core.after(CHUNK_WAIT_SECONDS, 'chunk', () => this.askChunk());
  }

  /** Check the image, and restart with it. */
  finish() {
    const {fetched} = this;
    if (this.misbehaviour === 'truncate') fetched.data = fetched.data.subarray(0, fetched.data.length >> 1);
    else if (this.misbehaviour === 'corrupt') fetched.data[fetched.data.length - 1] ^= 1;
    const fault = faultOf(fetched);
    if (fault !== null) {
      this.fail(fault);
      return;
    }
    this.stop();
    const image = readImage(fetched.data) ?? {version: fetched.version, boots: false, connects: true};
    this.flash.tried = image;
    this.core.say(`image of version ${image.version} is checked; restarting with it`);
    if (!image.boots || this.misbehaviour === 'crash') {
      this.core.say(`version ${image.version} crashed at boot; going back`);
      this.goBack('crashed at boot');
    } else {
      this.awaitContact();
    }
    this.core.do('restart');
  }

  goBack(reason) {
    this.flash.bad = {version: this.flash.tried.version, reason};
    this.flash.tried = null;
  }

  awaitContact() {
    this.core.after(this.contactSeconds, 'contact', () => {
      this.core.say(`version ${this.version} did not reach the server; going back`);
      this.goBack('no contact');
      this.core.do('restart');
    });
  }

  fail(reason) {
    this.core.say(`update failed: ${reason}`);
    this.stop();
    this.report('failed', reason);
  }

  stop() {
    this.core.cancel('chunk');
    this.fetched = null;
    this.ended();
  }

  report(result, reason = '') {
    this.core.publish('end_ota', {value: reason ? {result, reason} : {result}});
  }
}

const optional = (payload, name) => (Object.hasOwn(payload, name) ? text(payload, name) : '');

function faultOf({data, size, checksum, sha256}) {
  if (data.length !== size) return `size ${data.length}`;
  if (crc32(data) !== checksum) return 'checksum';
  return createHash('sha256').update(data).digest('hex') === sha256 ? null : 'hash';
}
