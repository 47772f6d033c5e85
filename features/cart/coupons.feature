Feature: Coupons
  A buyer enters a code, and sees what it does before paying.

  Background:
    Given Sam is a seller
    And Sam offers "Desk lamp" at 24.50 with 7 in stock
    And Ada is a buyer
    And Ada has put 2 of "Desk lamp" into the cart

  Scenario: A code that nobody knows changes nothing and keeps nobody from buying
    When Ada enters the coupon "HELLO-THERE"
    Then the cart of Ada shows that there is no coupon "HELLO-THERE"
    And the cart of Ada costs 49.00
    When Ada pays
    Then the order ends completed

  Scenario: A code that cannot be one is refused
    When Ada enters the coupon "0123456789012345678901234567890123456789012345678901"
    Then that is refused because of the coupons
