Feature: Putting items on sale and taking them off
  Only what is on sale is found and bought. Its seller sees it all the time.

  Background:
    Given Sam is a seller

  Scenario: A draft goes on sale
    Given Sam drafts "Desk lamp" at 24.50 with 7 in stock
    When Sam publishes "Desk lamp"
    Then "Desk lamp" is on sale
    And a search among Sam's items for "lamp" finds "Desk lamp"

  Scenario: An item is taken off sale
    Given Sam offers "Desk lamp" at 24.50 with 7 in stock
    When Sam withdraws "Desk lamp"
    Then Sam sees "Desk lamp" as withdrawn
    And nobody else sees "Desk lamp"
    And a search among Sam's items for "lamp" finds nothing

  Scenario: A withdrawn item comes back
    Given Sam offers "Desk lamp" at 24.50 with 7 in stock
    And Sam withdraws "Desk lamp"
    When Sam publishes "Desk lamp"
    Then anyone sees "Desk lamp" at 24.50 with 7 in stock
    And a search among Sam's items for "lamp" finds "Desk lamp"

  Scenario: Withdrawing twice is as good as once
    Given Sam offers "Desk lamp" at 24.50 with 7 in stock
    And Sam withdraws "Desk lamp"
    When Sam withdraws "Desk lamp"
    Then Sam sees "Desk lamp" as withdrawn

  Scenario Outline: Nobody but its seller decides whether an item is on sale
    Given Sue is a seller
    And Sam offers "Desk lamp" at 24.50 with 7 in stock
    When Sue <does> "Desk lamp"
    Then that is refused: there is no such item
    And "Desk lamp" is on sale

    Examples:
      | does      |
      | withdraws |
      | publishes |
