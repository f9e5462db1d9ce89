import Link from "next/link";
import { redirect } from "next/navigation";
import { signedIn } from "@/app/_server/session";
import { CenteredPage } from "@/components/layout/centered-page";
import { buttonClass } from "@/components/ui/button";
import { runtime } from "@/lib/runtime/runtime";

export default async function HomePage() {
  const session = await signedIn();
  if (session?.mustChangePassword) redirect("/change-password");
  if (session) redirect(session.viewer.role === "admin" ? "/admin" : "/dashboard");
  const { brandName } = runtime().config;
  return (
    <CenteredPage brandName={brandName}>
      <h1 className="text-2xl font-semibold text-balance">One address for Codex and every OpenAI client</h1>
      <p className="mt-4 text-muted">
        {brandName} takes each request to the first of your lanes that can answer it. Every token is counted, and a wallet lane is charged
        exactly what the price list says. You see each request with its lane, its tokens and its cost as soon as it has ended.
      </p>
      <div className="mt-6">
        <Link href="/sign-in" className={buttonClass("primary")}>
          Sign in
        </Link>
      </div>
    </CenteredPage>
  );
}
