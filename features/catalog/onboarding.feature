Feature: Onboarding items
  A seller offers items: simple ones with a price and a quantity, or items that come in variants.

  Background:
    Given Sam is a seller

  Scenario: A simple item
    When Sam offers "Desk lamp" at 24.50 with 7 in stock
    Then anyone sees "Desk lamp" at 24.50 with 7 in stock
    And "Desk lamp" is on sale

  Scenario: A name, a price and a quantity are enough
    When Sam offers "Desk lamp" at 24.50 with 7 in stock and nothing else
    Then anyone sees "Desk lamp" at 24.50 with 7 in stock

  Scenario: An item with variants, each with its own price and stock
    When Sam offers "Cotton shirt" in variants
      | variant | colour | size | price | stock |
      | RED-M   | red    | M    | 15.99 | 20    |
      | RED-L   | red    | L    | 16.99 | 3     |
      | BLUE-M  | blue   | M    | 15.99 | 0     |
    Then anyone sees the variants of "Cotton shirt"
      | variant | colour | size | price | stock |
      | RED-M   | red    | M    | 15.99 | 20    |
      | RED-L   | red    | L    | 16.99 | 3     |
      | BLUE-M  | blue   | M    | 15.99 | 0     |

  Scenario: What the seller says of an item is kept word for word
    When Sam offers an item with every detail
    Then anyone sees every detail of it

  Scenario: A draft is for its seller's eyes only
    When Sam drafts "Secret lamp" at 24.50 with 7 in stock
    Then Sam sees "Secret lamp" as a draft
    And nobody else sees "Secret lamp"

  Scenario: A seller's article number names one item
    Given Sam offers "Desk lamp" with the article number "LAMP-1"
    When Sam offers "Another lamp" with the article number "LAMP-1"
    Then that is refused: the article number is taken

  Scenario: Two sellers may use the same article number
    Given Sue is a seller
    And Sam offers "Desk lamp" with the article number "LAMP-1"
    When Sue offers "Floor lamp" with the article number "LAMP-1"
    Then anyone sees "Floor lamp" of Sue
    And anyone sees "Desk lamp" of Sam

  Scenario: A request that is sent twice makes one item
    When Sam offers "Desk lamp" and, hearing nothing, offers it once more
    Then Sam has 1 item called "Desk lamp"

  Scenario: A repeated request must be the same request
    Given Sam offers "Desk lamp" under the request name "first"
    When Sam offers "Floor lamp" under the request name "first"
    Then that is refused: the request name stands for another request

  Scenario Outline: What cannot be sold is refused
    When Sam offers an item with the <field> "<value>"
    Then that is refused because of the <field>

    Examples:
      | field    | value        |
      | name     |              |
      | price    | -1.00        |
      | price    | 9.999        |
      | price    | much         |
      | quantity | -1           |
      | images   | lamp-picture |
      | sellerId | somebody     |

  Scenario: A simple item needs its price and its quantity
    When Sam offers an item without a price and a quantity
    Then that is refused because of the price and the quantity

  Scenario Outline: Only sellers offer items
    Given Kim is a <role>
    When Kim offers "Desk lamp" at 24.50 with 7 in stock
    Then that is refused: <reason>

    Examples:
      | role  | reason               |
      | buyer | this is for sellers  |
      | guest | nobody is logged in  |
