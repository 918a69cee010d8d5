// Generated from contracts/schemas by `npm run build`. Do not edit: change the schemas.

/** The contract's version. */
export const VERSION = '0.4.0';
