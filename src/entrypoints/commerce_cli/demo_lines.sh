The shop is open at @ADDRESS@

  shop       @ADDRESS@/ in a browser
  selling    @ADDRESS@/sell for its sellers
  console    @ADDRESS@/console for its operators
  log-ins    @BUYER@, @SELLER@ and @OPERATOR@; the password of each is @PASSWORD@
  contract   @ADDRESS@/schema
  files      @FOLDER@ (delete it to start over); stop with Ctrl-C

Paste these lines into another terminal:

SHOP=@ADDRESS@

echo "--- 1. Search; the typo does not matter. Then look at one item."
curl -s "$SHOP/items?term=stonewear+mug&size=3"; echo
ITEM=$(curl -s "$SHOP/items?term=MUG-350" | grep -o '"itemId":"[^"]*"' | head -1 | cut -d'"' -f4)
curl -s "$SHOP/items/$ITEM"; echo

echo "--- 2. Log in."
TOKEN=$(curl -s "$SHOP/sessions" -H 'Content-Type: application/json' \
  -d '{"email": "@BUYER@", "password": "@PASSWORD@"}' | grep -o '"token":"[^"]*"' | cut -d'"' -f4)

echo "--- 3. Put two into the cart."
CART=$(curl -s -X PATCH "$SHOP/cart" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
  -d '{"itemId": "'$ITEM'", "quantity": 2}'); echo "$CART"
CART_ID=$(echo "$CART" | grep -o '"cartId":"[^"]*"' | cut -d'"' -f4)
TOTAL=$(echo "$CART" | grep -o '"total":{"amount":"[^"]*"' | cut -d'"' -f6)

echo "--- 4. Pay, and follow the order until it is COMPLETED."
ORDER=$(curl -s "$SHOP/checkout" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
  -d '{"cartId": "'$CART_ID'", "amount": "'$TOTAL'", "paymentInfo": {"paymentType": "card", "cardNo": "4242424242424242"}}'); echo "$ORDER"
ORDER_ID=$(echo "$ORDER" | grep -o '"orderId":"[^"]*"' | cut -d'"' -f4)
curl -sN "$SHOP/orders/$ORDER_ID/events" -H "Authorization: Bearer $TOKEN"
curl -s "$SHOP/orders/$ORDER_ID" -H "Authorization: Bearer $TOKEN"; echo

echo "--- 5. The same with a card that is declined: the order ends CANCELLED, and its lines are back in the cart."
CART=$(curl -s -X PATCH "$SHOP/cart" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
  -d '{"itemId": "'$ITEM'", "quantity": 1}')
CART_ID=$(echo "$CART" | grep -o '"cartId":"[^"]*"' | cut -d'"' -f4)
TOTAL=$(echo "$CART" | grep -o '"total":{"amount":"[^"]*"' | cut -d'"' -f6)
curl -s "$SHOP/checkout" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -H 'Prefer: wait=10' \
  -d '{"cartId": "'$CART_ID'", "amount": "'$TOTAL'", "paymentInfo": {"paymentType": "card", "cardNo": "4000000000000002"}}'; echo
curl -s "$SHOP/cart" -H "Authorization: Bearer $TOKEN"; echo
