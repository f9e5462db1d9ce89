import type { ReactNode } from "react";
import { ForgetKey } from "@/components/api-docs/forget-key";

export default function ApiDocsLayout({ children }: { children: ReactNode }) {
  return (
    <>
      {children}
      <ForgetKey />
    </>
  );
}
