@cart @money
Feature: Coupons
  A buyer enters a code, and sees what it does before paying.

  Background:
    Given Sam is a seller
    And Sam sells "Desk lamp" at 24.50 with 7 in stock
    And Ada is a buyer
    And Ada has put 2 of "Desk lamp" into the cart

  Rule: A code that does not count costs nothing and keeps nobody from buying

    Scenario: The buyer sees that nobody knows the code
      When Ada enters the coupon "HELLO-THERE"
      Then the cart of Ada shows that there is no coupon "HELLO-THERE"
      And the cart of Ada costs 49.00

    Scenario: With an unknown code the buyer pays the full price
      Given Ada has entered the coupon "HELLO-THERE"
      When Ada pays
      Then Ada has an order of 2 of "Desk lamp" for 49.00
      And the order ends completed

    Scenario: A code that is too long for a coupon is refused
      When Ada enters the coupon "0123456789012345678901234567890123456789012345678901"
      Then that is refused because of the coupon
