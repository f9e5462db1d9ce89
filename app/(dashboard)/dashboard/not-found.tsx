import Link from "next/link";
import { buttonClass } from "@/components/ui/button";
import { PageHeading } from "@/components/ui/page-heading";

/** What was asked for is not there, or is not of this account: the way on is the person's own dashboard. */
export default function NotFound() {
  return (
    <>
      <PageHeading title="There is nothing here" note="The address is wrong, or it belongs to somebody else." />
      <Link href="/dashboard" className={buttonClass()}>
        Go to the overview
      </Link>
    </>
  );
}
