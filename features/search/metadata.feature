Feature: Finding items by what others keep with them
  A team keeps the number of its own books with an item, finds the item by it, and sees it with the
  item.

  Background:
    Given Sam is a seller
    And Sam offers "Desk lamp" at 24.50, noting "erp" as "E-1001"
    And Sam offers "Floor lamp" at 89.00, noting "erp" as "E-1002"

  Scenario: An item is found by what is noted
    Then a search among Sam's items where "erp" is noted as "E-1002" finds "Floor lamp"

  Scenario: What is noted anew is found
    When Sam notes "erp" as "E-2001" with "Desk lamp"
    Then a search among Sam's items where "erp" is noted as "E-2001" finds "Desk lamp"
    And "Desk lamp" notes "erp" as "E-2001"
