@cart
Feature: What has become of the items in a cart
  A cart may lie for weeks. It shows what has changed, line by line, before anyone pays.

  Background:
    Given Sam is a seller
    And Sam sells "Desk lamp" at 24.50 with 7 in stock
    And Ada is a buyer
    And Ada has put 2 of "Desk lamp" into the cart

  @money
  Rule: A price that has changed is shown until the buyer has accepted it

    Scenario: Where nothing has changed nothing is shown
      When Ada looks at the cart
      Then the cart of Ada shows no problem

    Scenario: The new price counts, and the line says so
      When Sam changes the price of "Desk lamp" to 29.50
      Then the cart of Ada shows that the price of "Desk lamp" has changed
      And the cart of Ada costs 59.00

    Scenario: The new price is accepted by setting the quantity again
      Given Sam has changed the price of "Desk lamp" to 29.50
      When Ada puts 2 of "Desk lamp" into the cart
      Then the cart of Ada shows no problem

  @stock
  Rule: What cannot be had stays in the cart, and is marked

    Scenario: More is wanted than there is
      When Ada puts 8 of "Desk lamp" into the cart
      Then the cart of Ada shows that "Desk lamp" is sold out
      And the cart of Ada holds 8 of "Desk lamp"

    Scenario: Somebody else was faster
      Given Bob is a buyer
      When Bob buys 6 of "Desk lamp"
      Then the cart of Ada shows that "Desk lamp" is sold out

    Scenario: The seller took the item off sale
      When Sam withdraws "Desk lamp"
      Then the cart of Ada shows that "Desk lamp" is withdrawn
