@checkout @money
Feature: Orders that are not placed
  When something is not as the buyer saw it, no order is placed, nothing is held and nobody is charged.

  Background:
    Given Sam is a seller
    And Sam sells "Desk lamp" at 24.50 with 7 in stock
    And Ada is a buyer
    And Ada has put 2 of "Desk lamp" into the cart

  @stock
  Rule: What is not there is not sold, and the refusal says how much is left

    Scenario: More is wanted than there is
      Given Sam has taken 6 of "Desk lamp" out with the reference "broken"
      When Ada pays
      Then that is refused: there is not enough in stock
      And the refusal names "Desk lamp", of which 2 were wanted and 1 is there
      And Ada has 0 orders
      And 1 of "Desk lamp" are in stock

    Scenario: One line that cannot be had keeps the whole order back
      Given Sam sells "Floor lamp" at 89.00 with 1 in stock
      And Ada has put 2 of "Floor lamp" into the cart
      When Ada pays
      Then that is refused: there is not enough in stock
      And the refusal names "Floor lamp", of which 2 were wanted and 1 is there
      And 7 of "Desk lamp" are in stock

    Scenario: The last piece is sold once
      Given Sam sells "Last lamp" at 10.00 with 1 in stock
      And Ada has put 1 of "Last lamp" into the cart
      And Bob is a buyer
      And Bob has put 1 of "Last lamp" into the cart
      And Bob has paid
      When Ada pays
      Then that is refused: there is not enough in stock
      And the cart of Ada holds 1 of "Last lamp"

    Scenario: What was taken off sale is not sold
      Given Sam has withdrawn "Desk lamp"
      When Ada pays
      Then that is refused: an item is no longer sold
      And the refusal names "Desk lamp", of which 2 were wanted and 0 is there

  Rule: The buyer pays what the buyer saw, or nothing

    Scenario: A price that has changed is named before anything is paid
      Given Ada remembers what the cart costs
      And Sam has changed the price of "Desk lamp" to 29.50
      When Ada pays what was remembered
      Then that is refused: the cart costs something else now
      And the refusal says that it costs 59.00 now
      And Ada has 0 orders
      And 7 of "Desk lamp" are in stock

    Scenario: The buyer who agrees to the new price pays it
      Given Sam has changed the price of "Desk lamp" to 29.50
      When Ada pays
      Then Ada has an order of 2 of "Desk lamp" for 59.00

    Scenario: A form that was refused may be sent again with the new price
      Given Ada has sent the order form in vain, as Sam had changed the price of "Desk lamp" to 29.50
      When Ada sends the same order form with the new price
      Then Ada has an order of 2 of "Desk lamp" for 59.00

    Scenario: A cart that was changed in another window is not the one that is paid
      Given Ada remembers the cart
      And Ada has put 3 of "Desk lamp" into the cart
      When Ada pays for exactly the cart that was remembered
      Then that is refused: the cart was changed meanwhile
      And the cart of Ada holds 3 of "Desk lamp"

    Scenario: An empty cart is not paid
      Given Ada has emptied the cart
      When Ada pays
      Then that is refused: the cart is empty

  @privacy
  Rule: Each buyer pays for the own cart

    Scenario: The cart of another buyer does not exist
      Given Bob is a buyer
      When Bob pays for the cart of Ada
      Then that is refused: there is no such cart

    Scenario: A seller buys nothing
      When Sam pays for the cart of Ada
      Then that is refused: this is for buyers

  @privacy
  Rule: A card number goes into its field, and nowhere else

    Scenario: A number that is no card's is refused
      When Ada pays with the card number "4242424242424241"
      Then that is refused because of the card number
      And Ada has 0 orders

    Scenario: A card number typed into the address is refused
      When Ada pays and has it sent to an address with a card number in it
      Then that is refused because of the street
      And Ada has 0 orders
