Feature: Pictures of items
  Sellers add pictures to their items. Buyers see each in three sizes, for lists, pages and a closer
  look.

  Background:
    Given Sam is a seller
    And Sam offers "Desk lamp" at 24.50 with 7 in stock

  Scenario: A picture is seen in three sizes
    When Sam adds a picture to "Desk lamp"
    Then anyone sees 1 picture of "Desk lamp" in three sizes

  Scenario: A picture belongs to one variant
    Given Sam offers "Cotton shirt" in variants
      | variant | colour | size | price | stock |
      | RED-M   | red    | M    | 15.99 | 20    |
      | BLUE-M  | blue   | M    | 15.99 | 3     |
    When Sam adds a picture of the variant "RED-M" to "Cotton shirt"
    Then the picture of "Cotton shirt" is one of the variant "RED-M"

  Scenario: The same picture is taken once
    Given Sam adds a picture to "Desk lamp"
    When Sam adds the same picture to "Desk lamp" again
    Then anyone sees 1 picture of "Desk lamp" in three sizes

  Scenario: What is no picture is refused
    When Sam adds a letter to "Desk lamp" as its picture
    Then that is refused: that is no picture

  Scenario: Twelve pictures are enough
    Given Sam adds 12 pictures to "Desk lamp"
    When Sam adds another picture to "Desk lamp"
    Then that is refused: there are enough pictures

  Scenario: A picture that was taken off is seen no more
    Given Sam adds a picture to "Desk lamp"
    When Sam takes the picture off "Desk lamp"
    Then nobody sees a picture of "Desk lamp"

  Scenario: Nobody but its seller adds pictures to an item
    Given Sue is a seller
    When Sue adds a picture to "Desk lamp"
    Then that is refused: there is no such item
