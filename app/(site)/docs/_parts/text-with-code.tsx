import { Fragment } from "react";

/** Tables of the code write their words with backticks. */
export function TextWithCode({ text }: { text: string }) {
  return text
    .split("`")
    .map((piece, index) => (index % 2 === 1 ? <code key={index}>{piece}</code> : <Fragment key={index}>{piece}</Fragment>));
}
