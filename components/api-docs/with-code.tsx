import { Fragment } from "react";
import { InlineCode } from "@/components/ui/inline-code";

/** Text in which some words stand between backticks. */
export function WithCode({ text }: { text: string }) {
  return text
    .split("`")
    .map((part, index) => (index % 2 === 1 ? <InlineCode key={index}>{part}</InlineCode> : <Fragment key={index}>{part}</Fragment>));
}
