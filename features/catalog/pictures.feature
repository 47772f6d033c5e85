@catalog
Feature: Pictures of items
  Sellers add pictures to their items. Buyers see each in three sizes, for lists, pages and a closer
  look.

  Background:
    Given Sam is a seller
    And Sam sells "Desk lamp" at 24.50 with 7 in stock

  Rule: Each picture is seen in three sizes, once

    Scenario: A picture is seen small, medium and large
      When Sam adds a picture to "Desk lamp"
      Then anyone sees 1 picture of "Desk lamp" in three sizes

    Scenario: The same picture again makes no second one
      Given Sam has added a picture to "Desk lamp"
      When Sam adds the same picture to "Desk lamp" again
      Then anyone sees 1 picture of "Desk lamp" in three sizes

    Scenario: A picture may belong to one variant
      Given Sam sells "Cotton shirt" in variants
        | variant | colour | size | price | stock |
        | RED-M   | red    | M    | 15.99 | 20    |
        | BLUE-M  | blue   | M    | 15.99 | 3     |
      When Sam adds a picture of the variant "RED-M" to "Cotton shirt"
      Then the picture of "Cotton shirt" is one of the variant "RED-M"

    Scenario: A picture that was taken off is seen no more
      Given Sam has added a picture to "Desk lamp"
      When Sam takes the picture off "Desk lamp"
      Then nobody sees a picture of "Desk lamp"

  Rule: Twelve pictures at most, and nothing but pictures

    Scenario: A letter is no picture
      When Sam adds a letter to "Desk lamp" as its picture
      Then that is refused: that is no picture

    Scenario: The thirteenth picture is refused
      Given Sam has added 12 pictures to "Desk lamp"
      When Sam adds another picture to "Desk lamp"
      Then that is refused: there are enough pictures

  @privacy
  Rule: Nobody but its seller adds pictures to an item

    Scenario: Another seller adds none
      Given Sue is a seller
      When Sue adds a picture to "Desk lamp"
      Then that is refused: there is no such item
