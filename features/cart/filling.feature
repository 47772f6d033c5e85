@cart
Feature: Filling a cart
  A cart shows what is in it, what it costs now, and what has become of it since.

  Background:
    Given Sam is a seller
    And Sam sells "Desk lamp" at 24.50 with 7 in stock
    And Sam sells "Floor lamp" at 89.00 with 2 in stock
    And Ada is a buyer

  @money
  Rule: A cart shows what is in it and what that costs

    Scenario: A new cart is empty
      When Ada looks at the cart
      Then the cart of Ada is empty

    Scenario: Each line shows its price, and the cart their sum
      When Ada puts 2 of "Desk lamp" into the cart
      And Ada puts 1 of "Floor lamp" into the cart
      Then the cart of Ada holds
        | item       | quantity | price | together |
        | Desk lamp  | 2        | 24.50 | 49.00    |
        | Floor lamp | 1        | 89.00 | 89.00    |
      And the cart of Ada costs 138.00

    Scenario: A variant has the price of its own
      Given Sam sells "Cotton shirt" in variants
        | variant | colour | size | price | stock |
        | RED-M   | red    | M    | 15.99 | 20    |
        | BLUE-M  | blue   | M    | 17.99 | 4     |
      When Ada puts 1 of the variant "BLUE-M" of "Cotton shirt" into the cart
      Then the cart of Ada costs 17.99

  Rule: A quantity is set, not added

    Scenario: The last quantity counts
      Given Ada has put 2 of "Desk lamp" into the cart
      When Ada puts 3 of "Desk lamp" into the cart
      Then the cart of Ada holds 3 of "Desk lamp"

    Scenario: A line of none is taken out
      Given Ada has put 2 of "Desk lamp" into the cart
      When Ada puts 0 of "Desk lamp" into the cart
      Then the cart of Ada is empty

    Scenario: Emptying takes every line out
      Given Ada has put 2 of "Desk lamp" into the cart
      And Ada has put 1 of "Floor lamp" into the cart
      When Ada empties the cart
      Then the cart of Ada is empty

    Scenario Outline: A quantity of <quantity> is refused
      When Ada puts <quantity> of "Desk lamp" into the cart
      Then that is refused because of the quantity

      Examples:
        | quantity |
        | -1       |
        | 1000000  |

    Scenario: A cart has room for 1,000 different things
      Given Ada has put 1000 different things of Sam into the cart
      When Ada puts 1 of "Desk lamp" into the cart
      Then that is refused: the cart is full
      And the cart of Ada holds 1000 different things

  Rule: Only what is on sale goes into a cart

    Scenario: An item with variants is not bought without choosing one
      Given Sam sells "Cotton shirt" in variants
        | variant | colour | size | price | stock |
        | RED-M   | red    | M    | 15.99 | 20    |
      When Ada puts 1 of "Cotton shirt" into the cart
      Then that is refused because of the variant

    Scenario: An item that does not exist goes into no cart
      When Ada puts an item that does not exist into the cart
      Then that is refused: there is no such item

    Scenario: A draft goes into no cart
      Given Sam has drafted "Secret lamp" at 24.50 with 7 in stock
      When Ada puts 1 of "Secret lamp" into the cart
      Then that is refused: there is no such item

  @privacy
  Rule: A cart is its buyer's alone

    Scenario: A seller has no cart
      When Sam puts 1 of "Desk lamp" into the cart
      Then that is refused: this is for buyers

    Scenario: What one buyer puts in is in nobody else's cart
      Given Bob is a buyer
      When Ada puts 2 of "Desk lamp" into the cart
      Then the cart of Bob is empty
