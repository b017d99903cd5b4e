// The link of a device: MQTT 5 or 3.1.1 over mutual TLS, with mqtt.js.

import {X509Certificate} from 'node:crypto';
import {readFileSync} from 'node:fs';
import tls from 'node:tls';
import mqtt from 'mqtt';

const RECONNECT_SECONDS = 5;
const KEEP_ALIVE_SECONDS = 60;
const CLOSE_MS = 2000;
const PROTOCOL_VERSIONS = {'5': 5, '3.1.1': 4};

const REASONS = {
  ECONNREFUSED: 'nothing listens on that port',
  ETIMEDOUT: 'no answer from that address',
  EHOSTUNREACH: 'no route to that address',
  ENOTFOUND: 'the host name is not known',
  ECONNRESET: 'the server closed the connection: is that a TLS port, and does it know this certificate?',
  EPROTO: 'TLS handshake failed: is that a TLS port?',
  ERR_SSL_WRONG_VERSION_NUMBER: 'TLS handshake failed: is that a TLS port?',
  ERR_TLS_CERT_ALTNAME_INVALID: "the server's certificate is for another host name",
  SELF_SIGNED_CERT_IN_CHAIN: "the server's certificate is not trusted by --ca",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the server's certificate is not trusted by --ca",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the server's certificate is not trusted by --ca",
};

/** The link cannot be created or used; the message has the reason. */
export class LinkError extends Error {}

/**
 * A connection that reconnects by itself, with clean sessions, until it is closed.
 *
 * `events` has the callbacks linkUp(), linkDown(reason), messageArrived(topic, payload, correlation),
 * publishAcknowledged(topic, seconds), publishFailed(topic, reason). Throws LinkError for invalid files.
 */
export class Link {
  constructor(endpoint, version, events) {
    this.events = events;
    this.client = null;
    this.reopening = null;
    this.options = {
      host: endpoint.host,
      port: endpoint.port,
      protocol: 'mqtts',
      clientId: endpoint.deviceid,
      protocolVersion: PROTOCOL_VERSIONS[version],
      clean: true,
      keepalive: KEEP_ALIVE_SECONDS,
      reconnectPeriod: 0,
      connectTimeout: RECONNECT_SECONDS * 1000,
      resubscribe: false,
      queueQoSZero: false,
      rejectUnauthorized: true,
      ...identity(endpoint),
    };
  }

  /**
   * Connect, and retry every RECONNECT_SECONDS without limit. Each attempt has a new client, because mqtt.js repeats
   * unacknowledged messages on the next connection, even in a clean session.
   */
  open() {
    const client = mqtt.connect(this.options);
    let reason = 'the server hung up: does its policy allow this certificate and device id?';
    this.client = client;
    client.on('connect', () => this.events.linkUp());
    client.on('error', (error) => {
      reason = told(error);
    });
    client.on('close', () => {
      if (this.client !== client) return;
      this.client = null;
      client.end(true);
      this.events.linkDown(reason);
      this.reopening = setTimeout(() => this.open(), RECONNECT_SECONDS * 1000);
    });
    client.on('message', (topic, payload, packet) => {
      const {responseTopic, correlationData} = packet.properties ?? {};
      this.events.messageArrived(topic, payload, responseTopic ? correlationData : undefined);
    });
  }

  /** Disconnect; resolves once it is done, or after CLOSE_MS. The link may be opened again. */
  async close() {
    const {client} = this;
    this.client = null;
    clearTimeout(this.reopening);
    if (client === null) return;
    const isDone = await Promise.race([
      client.endAsync().then(() => true),
      new Promise((resolve) => setTimeout(resolve, CLOSE_MS, false).unref()),
    ]);
    if (!isDone) client.end(true);
  }

  /** Subscribe with QoS 1; rejects with a LinkError if the server rejects it. */
  async subscribe(topicFilter) {
    if (this.client === null) throw new LinkError('not connected');
    try {
      await this.client.subscribeAsync(topicFilter, {qos: 1});
    } catch (error) {
      throw new LinkError(told(error));
    }
  }

  /** Send a message if the link is up; otherwise drop it and report it by `publishFailed`. */
  publish(topic, payload, qos, correlation) {
    const {client} = this;
    if (!client?.connected) {
      this.events.publishFailed(topic, 'not connected');
      return;
    }
    const started = performance.now();
    const properties = correlation === undefined ? {} : {properties: {correlationData: correlation}};
    client.publish(topic, payload, {qos, ...properties}, (error) => {
      if (error) this.events.publishFailed(topic, told(error));
      else if (qos) this.events.publishAcknowledged(topic, (performance.now() - started) / 1000);
    });
  }
}

/** Read and check the three files, so an invalid one is reported before the first connection. */
function identity(endpoint) {
  const files = {ca: endpoint.ca, cert: endpoint.cert, key: endpoint.key};
  const contents = {};
  for (const [option, path] of Object.entries(files)) {
    try {
      contents[option] = readFileSync(path);
    } catch {
      throw new LinkError(`--${option} ${path}: no such file`);
    }
  }
  try {
    new X509Certificate(contents.ca);
  } catch {
    throw new LinkError(`--ca ${files.ca} is not a PEM certificate`);
  }
  try {
    tls.createSecureContext(contents);
  } catch (error) {
    const pair = `--cert ${files.cert} and --key ${files.key}`;
    if (error.code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH') throw new LinkError(`${pair} do not belong together`);
    throw new LinkError(`${pair} are not a PEM pair: ${error.message}`);
  }
  return contents;
}

const told = (error) => (REASONS[error.code] ? `${REASONS[error.code]} (${error.code})` : error.message || String(error.code));
