@catalog
Feature: Changing items
  A seller changes what is offered. Nobody overwrites a change that they have not seen.

  Background:
    Given Sam is a seller
    And Sam sells "Desk lamp" at 24.50 with 7 in stock

  Rule: Only what the seller mentions is changed

    @money
    Scenario: Another price is seen at once
      When Sam changes the price of "Desk lamp" to 19.90
      Then anyone sees "Desk lamp" at 19.90 with 7 in stock

    Scenario: What is not mentioned stays
      Given Sam has described "Desk lamp" as "Bends in every direction"
      When Sam changes the price of "Desk lamp" to 19.90
      Then "Desk lamp" is described as "Bends in every direction"

    Scenario: What is taken away is gone
      Given Sam has described "Desk lamp" as "Bends in every direction"
      When Sam takes the description of "Desk lamp" away
      Then "Desk lamp" is described as ""

    @stock
    Scenario: Stock is never overwritten by a change
      When Sam changes the quantity of "Desk lamp" to 100
      Then that is refused because of the quantity
      And anyone sees "Desk lamp" at 24.50 with 7 in stock

  Rule: Nobody overwrites what they have not seen

    @money
    Scenario: Of two changes to the same sight of an item the first counts
      Given Sam has "Desk lamp" open in a second window
      And Sam has changed the price of "Desk lamp" to 19.90
      When Sam changes the price of "Desk lamp" to 22.00 in the second window
      Then that is refused: the item was changed meanwhile
      And anyone sees "Desk lamp" at 19.90 with 7 in stock

    @privacy
    Scenario: The item of another seller does not exist
      Given Sue is a seller
      When Sue changes the price of "Desk lamp" to 1.00
      Then that is refused: there is no such item

  @stock
  Rule: Variants come and go, but none that is in stock

    Scenario: One variant gets another price, and a new one comes
      Given Sam sells "Cotton shirt" in variants
        | variant | colour | size | price | stock |
        | RED-M   | red    | M    | 15.99 | 20    |
      When Sam changes the variants of "Cotton shirt" to
        | variant | colour | size | price | stock |
        | RED-M   |        |      | 12.99 |       |
        | BLUE-M  | blue   | M    | 13.99 | 4     |
      Then anyone sees the variants of "Cotton shirt"
        | variant | colour | size | price | stock |
        | RED-M   | red    | M    | 12.99 | 20    |
        | BLUE-M  | blue   | M    | 13.99 | 4     |

    Scenario: A variant that is sold out is dropped
      Given Sam sells "Cotton shirt" in variants
        | variant | colour | size | price | stock |
        | RED-M   | red    | M    | 15.99 | 20    |
        | BLUE-M  | blue   | M    | 15.99 | 0     |
      When Sam drops the variant "BLUE-M" of "Cotton shirt"
      Then anyone sees the variants of "Cotton shirt"
        | variant | colour | size | price | stock |
        | RED-M   | red    | M    | 15.99 | 20    |

    Scenario: A variant that is in stock is not dropped
      Given Sam sells "Cotton shirt" in variants
        | variant | colour | size | price | stock |
        | RED-M   | red    | M    | 15.99 | 20    |
        | BLUE-M  | blue   | M    | 15.99 | 1     |
      When Sam drops the variant "BLUE-M" of "Cotton shirt"
      Then that is refused: the variant is still in stock
