Feature: Orders that are not placed
  When something is not as the buyer saw it, no order is placed, nothing is held and nobody is charged.

  Background:
    Given Sam is a seller
    And Sam offers "Desk lamp" at 24.50 with 7 in stock
    And Ada is a buyer
    And Ada has put 2 of "Desk lamp" into the cart

  Scenario: Out of stock
    Given Sam takes 6 of "Desk lamp" out with the reference "broken"
    When Ada pays
    Then that is refused: there is not enough in stock
    And the refusal names "Desk lamp", of which 2 were wanted and 1 is there
    And Ada has 0 orders
    And 1 of "Desk lamp" are in stock

  Scenario: One line too many spoils the whole order
    Given Sam offers "Floor lamp" at 89.00 with 1 in stock
    And Ada has put 2 of "Floor lamp" into the cart
    When Ada pays
    Then that is refused: there is not enough in stock
    And the refusal names "Floor lamp", of which 2 were wanted and 1 is there
    And 7 of "Desk lamp" are in stock

  Scenario: The last piece is sold once
    Given Sam offers "Last lamp" at 10.00 with 1 in stock
    And Bob is a buyer
    And Bob has put 1 of "Last lamp" into the cart
    And Ada has put 1 of "Last lamp" into the cart
    And Bob pays
    When Ada pays
    Then that is refused: there is not enough in stock
    And the cart of Ada holds 1 of "Last lamp"

  Scenario: The price has changed
    Given Ada remembers what the cart costs
    And Sam changes the price of "Desk lamp" to 29.50
    When Ada pays what was remembered
    Then that is refused: the cart costs something else now
    And the refusal says that it costs 59.00 now
    And Ada has 0 orders
    And 7 of "Desk lamp" are in stock

  Scenario: The buyer agrees to the new price
    Given Sam changes the price of "Desk lamp" to 29.50
    When Ada pays
    Then Ada has an order of 2 of "Desk lamp" for 59.00

  Scenario: The item was taken off sale
    Given Sam withdraws "Desk lamp"
    When Ada pays
    Then that is refused: an item is no longer sold
    And the refusal names "Desk lamp", of which 2 were wanted and 0 is there

  Scenario: The cart was changed in another window
    Given Ada remembers the cart
    And Ada has put 3 of "Desk lamp" into the cart
    When Ada pays for exactly the cart that was remembered
    Then that is refused: the cart was changed meanwhile
    And the cart of Ada holds 3 of "Desk lamp"

  Scenario: An empty cart
    Given Ada empties the cart
    When Ada pays
    Then that is refused: the cart is empty

  Scenario: The cart of somebody else
    Given Bob is a buyer
    When Bob pays for the cart of Ada
    Then that is refused: there is no such cart

  Scenario: A number that is no card
    When Ada pays with the card number "4242424242424241"
    Then that is refused because of the cardNo
    And Ada has 0 orders

  Scenario: A card number typed into the address
    When Ada pays and has it sent to an address with a card number in it
    Then that is refused because of the line1

  Scenario: A refused request may be tried again under its name
    Given Ada remembers what the cart costs
    And Sam changes the price of "Desk lamp" to 29.50
    And Ada pays what was remembered under the request name "monday", in vain
    When Ada pays under the request name "monday"
    Then Ada has an order of 2 of "Desk lamp" for 59.00

  Scenario: Sellers do not buy
    When Sam pays for the cart of Ada
    Then that is refused: this is for buyers
