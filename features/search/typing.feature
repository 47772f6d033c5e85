Feature: Suggestions while typing
  The first letters are enough to be offered what the shop has.

  Background:
    Given Sam is a seller
    And Sam offers an item of a brand that nobody else has

  Scenario: The brand is suggested from its first letters
    Then typing the first letters of that brand suggests the brand

  Scenario: The item is suggested from the first letters of its name
    Then typing the first letters of that item suggests the item

  Scenario: No more suggestions than requested
    Given Sam offers 3 more items of that brand
    Then at most 2 suggestions come when 2 are requested

  Scenario: What is not on sale is not suggested
    When Sam withdraws that item
    Then typing the first letters of that item suggests nothing
