Feature: Filling a cart
  A cart shows what is in it, what it costs now, and what has become of it since.

  Background:
    Given Sam is a seller
    And Sam offers "Desk lamp" at 24.50 with 7 in stock
    And Sam offers "Floor lamp" at 89.00 with 2 in stock
    And Ada is a buyer

  Scenario: A new cart is empty
    Then the cart of Ada is empty

  Scenario: Items are put in
    When Ada puts 2 of "Desk lamp" into the cart
    And Ada puts 1 of "Floor lamp" into the cart
    Then the cart of Ada holds
      | item       | quantity | price | together |
      | Desk lamp  | 2        | 24.50 | 49.00    |
      | Floor lamp | 1        | 89.00 | 89.00    |
    And the cart of Ada costs 138.00

  Scenario: The quantity is set, not added
    Given Ada has put 2 of "Desk lamp" into the cart
    When Ada puts 3 of "Desk lamp" into the cart
    Then the cart of Ada holds 3 of "Desk lamp"

  Scenario: A line is taken out
    Given Ada has put 2 of "Desk lamp" into the cart
    When Ada puts 0 of "Desk lamp" into the cart
    Then the cart of Ada is empty

  Scenario: A variant is chosen
    Given Sam offers "Cotton shirt" in variants
      | variant | colour | size | price | stock |
      | RED-M   | red    | M    | 15.99 | 20    |
      | BLUE-M  | blue   | M    | 17.99 | 4     |
    When Ada puts 1 of the variant "BLUE-M" of "Cotton shirt" into the cart
    Then the cart of Ada costs 17.99

  Scenario: An item with variants cannot be bought without choosing one
    Given Sam offers "Cotton shirt" in variants
      | variant | colour | size | price | stock |
      | RED-M   | red    | M    | 15.99 | 20    |
    When Ada puts 1 of "Cotton shirt" into the cart
    Then that is refused because of the variantId

  Scenario: The cart is emptied
    Given Ada has put 2 of "Desk lamp" into the cart
    When Ada empties the cart
    Then the cart of Ada is empty

  Scenario Outline: Quantities that make no sense
    When Ada puts <quantity> of "Desk lamp" into the cart
    Then that is refused because of the quantity

    Examples:
      | quantity |
      | -1       |
      | 1000000  |

  Scenario: A cart has room for 1,000 different things
    Given Sam offers "Screw" in 200 variants
    And Sam offers "Nut" in 200 variants
    And Sam offers "Washer" in 200 variants
    And Sam offers "Hook" in 200 variants
    And Sam offers "Nail" in 200 variants
    And Ada has put every variant of "Screw" into the cart
    And Ada has put every variant of "Nut" into the cart
    And Ada has put every variant of "Washer" into the cart
    And Ada has put every variant of "Hook" into the cart
    And Ada has put every variant of "Nail" into the cart
    When Ada puts 1 of "Desk lamp" into the cart
    Then that is refused: the cart is full
    And the cart of Ada costs 1000.00

  Scenario: An item that does not exist
    When Ada puts an item that does not exist into the cart
    Then that is refused: there is no such item

  Scenario: An item that is not on sale
    Given Sam drafts "Secret lamp" at 24.50 with 7 in stock
    When Ada puts 1 of "Secret lamp" into the cart
    Then that is refused: there is no such item

  Scenario: A seller has no cart
    When Sam puts 1 of "Desk lamp" into the cart
    Then that is refused: this is for buyers

  Scenario: A cart is its owner's alone
    Given Bob is a buyer
    When Ada puts 2 of "Desk lamp" into the cart
    Then the cart of Bob is empty
