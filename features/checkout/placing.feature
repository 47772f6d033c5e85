@checkout @money
Feature: Placing an order
  Whoever pays for a cart has an order at once. What was seen is what is paid, and nothing is ordered twice.

  Background:
    Given Sam is a seller
    And Sam sells "Desk lamp" at 24.50 with 7 in stock
    And Ada is a buyer
    And Ada has put 2 of "Desk lamp" into the cart

  Rule: Whoever pays has an order at once

    Scenario: The cart becomes the order
      When Ada pays
      Then Ada has an order of 2 of "Desk lamp" for 49.00
      And the cart of Ada is empty

    Scenario: An order begins as pending
      When Ada pays
      Then the order was pending when it was placed

    Scenario: Whoever waits a moment sees how the order ends
      When Ada pays and waits for the end
      Then the order was completed when it was placed

    @stock
    Scenario: The goods are held from the moment the order is placed
      When Ada pays with a card that is slow to answer
      Then 5 of "Desk lamp" are in stock

    Scenario: Goods of two sellers make one order
      Given Sue is a seller
      And Sue sells "Rug" at 70.00 with 3 in stock
      And Ada has put 1 of "Rug" into the cart
      When Ada pays
      Then Ada has an order for 119.00
      And the order ends completed

  Rule: Nothing is ordered twice

    Scenario: A double click makes one order
      When Ada pays twice for the same cart
      Then both answers are the same order
      And Ada has 1 order

    Scenario: A form that is sent again makes no second order
      Given Ada has sent the order form
      When Ada, hearing nothing, sends the same order form again
      Then both answers are the same order
      And Ada has 1 order

    Scenario: A form that was sent does not order something else
      Given Ada has sent the order form
      And Ada has put 1 of "Desk lamp" into the cart
      When Ada sends the same order form for the new cart
      Then that is refused: the form was sent for something else
      And Ada has 1 order

  @privacy
  Rule: The order goes to the address that was given, else to the account's

    Scenario: An address that is given at the till counts
      Given Ada has an address in France
      When Ada pays and has it sent to
        | name         | street             | city    | postal code | country |
        | Ada Lovelace | Unter den Linden 7 | Berlin | 10117       | Germany |
      Then the order goes to
        | name         | street             | city    | postal code | country |
        | Ada Lovelace | Unter den Linden 7 | Berlin | 10117       | Germany |

    Scenario: Without another one the address of the account counts
      Given Ada has an address in France
      When Ada pays
      Then the order goes to an address in France
