/**
 * One function per message of the socket, and one guard: `clientRoomJoin`, `isClientRoomJoin`. A bundler keeps those
 * that are imported and drops the others.
 */
export * from './generated/validators.js';
export type { Violation } from './violation.js';
