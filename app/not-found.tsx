import Link from "next/link";
import { CenteredPage } from "@/components/layout/centered-page";
import { buttonClass } from "@/components/ui/button";
import { runtime } from "@/lib/runtime/runtime";

export default function NotFound() {
  return (
    <CenteredPage brandName={runtime().config.brandName}>
      <h1 className="text-xl font-semibold">There is nothing here</h1>
      <p className="mt-2 text-muted">The address is wrong, or it belongs to somebody else.</p>
      <div className="mt-5">
        <Link href="/" className={buttonClass()}>
          Go to the start
        </Link>
      </div>
    </CenteredPage>
  );
}
