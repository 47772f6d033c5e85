@search
Feature: Suggestions while typing
  The first letters are enough to be offered what the shop has.

  Background:
    Given Sam is a seller
    And Sam sells an item of a brand that nobody else has

  Rule: The first letters of what is on sale are enough

    Scenario: The brand is suggested
      When Kim types the first letters of that brand
      Then Kim is offered the brand

    Scenario: The item is suggested
      When Kim types the first letters of that item
      Then Kim is offered the item

    Scenario: There are no more suggestions than there is room for
      Given Sam sells 3 more items of that brand
      When Kim types the first letters of that item where there is room for 2
      Then Kim is offered 2 suggestions

    Scenario: What is not on sale is not suggested
      Given searches know all of Sam's items
      And Sam has withdrawn that item
      When Kim types the first letters of that item
      Then Kim is offered nothing
