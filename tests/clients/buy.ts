// A seller's and a buyer's day by the types that were generated: node buy.js ADDRESS
import createClient from "openapi-fetch";
import type { components, paths } from "./shop";

type Schemas = components["schemas"];
type Problem = Schemas["Problem"];

declare const process: { argv: string[] };

const address = process.argv[2] ?? "";
const shop = createClient<paths>({ baseUrl: address });

function taken<T>(answer: { data?: T; error?: Problem }): T {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

function same(found: unknown, expected: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(expected))
    throw new Error(`${JSON.stringify(found)} is not ${JSON.stringify(expected)}`);
}

async function loggedIn(email: string, role: "buyer" | "seller") {
  const password = "correct horse";
  taken(await shop.POST("/accounts", { body: { email, password, name: "Ada", role } }));
  const session = taken(await shop.POST("/sessions", { body: { email, password } }));
  const headers = { Authorization: `Bearer ${session.token}` };
  return createClient<paths>({ baseUrl: address, headers });
}

type Client = Awaited<ReturnType<typeof loggedIn>>;

async function imported(seller: Client, body: Schemas["NewItem"][] | string, type: string) {
  const begun = taken(
    await seller.POST("/item-imports", {
      body,
      bodySerializer: (rows) => (typeof rows === "string" ? rows : JSON.stringify(rows)),
      headers: { "Content-Type": type },
    }),
  );
  const params = { path: { importId: begun.importId } };
  for (;;) {
    const done = taken(await seller.GET("/item-imports/{importId}", { params }));
    if (done.status !== "running") return same([done.status, done.failed], ["finished", 0]);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const seller = await loggedIn("sue-ts@example.com", "seller");
const buyer = await loggedIn("ada-ts@example.com", "buyer");
await imported(seller, [{ sku: "BOWL-1", name: "Bowl", price: 7, quantity: 2 }], "application/json");
await imported(seller, "sku,name,price,quantity\nPOT-1,Pot,12,4\n", "text/csv");

const made = await seller.POST("/items", {
  body: { name: "Pour-over kettle", sku: "KETTLE-TS", price: "79.95", quantity: 3 },
});
taken(made);
const token = made.response.headers.get("x-search-token") ?? "";
const found = taken(
  await shop.GET("/items", {
    params: { query: { term: "pour-over kettle" }, header: { "X-Search-Token": token } },
  }),
);
const [hit] = found.items;
if (hit === undefined) throw new Error("nothing was found");
const cart = taken(await buyer.PATCH("/cart", { body: { itemId: hit.itemId, quantity: 2 } }));
const order = taken(
  await buyer.POST("/checkout", {
    params: { header: { Prefer: "wait=10", "Idempotency-Key": "first-try" } },
    body: {
      cartId: cart.cartId,
      amount: cart.total,
      paymentInfo: { paymentType: "card", cardNo: "4242424242424242" },
      shippingAddress: { name: "Ada", line1: "1 Main Street", city: "Springfield", country: "US" },
    },
  }),
);
const told = taken(
  await buyer.GET("/orders/{orderId}", { params: { path: { orderId: order.orderId } } }),
);
if (!("timeline" in told)) throw new Error("told as to a seller");
same([told.status, told.total.amount], ["COMPLETED", "159.90"]);
same(told.timeline.at(-1)?.type, "OrderCompleted");
const refused = await buyer.POST("/checkout", { body: { cartId: "none", amount: 1 } });
same(refused.error?.code, "cart-not-found");
console.log("bought", told.orderId);
