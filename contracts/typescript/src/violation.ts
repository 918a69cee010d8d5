/** Why a payload is refused: one place in it and a short reason, the same as the server answers. */
export interface Violation {
  /** JSON Pointer to the offending value; a missing or unknown property is reported at its object. */
  readonly path: string;
  /** For people: `expected integer, got "4"`. */
  readonly reason: string;
  /** The JSON Schema keyword that refused it; `json` for a value that is not JSON. */
  readonly keyword: string;
}
