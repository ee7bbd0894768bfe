import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";

/** node's hash with the interface that the SDK's signer needs. */
export class Sha256 {
  readonly #hash: Hash | Hmac;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", key(secret));
  }
  update(data: Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

const key = (secret: string | ArrayBuffer | ArrayBufferView) =>
  typeof secret === "string"
    ? secret
    : ArrayBuffer.isView(secret)
      ? Buffer.from(secret.buffer, secret.byteOffset, secret.byteLength)
      : Buffer.from(secret);
