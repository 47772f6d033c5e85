@search
Feature: Finding items by what others keep with them
  A team keeps the number of its own books with an item, finds the item by it, and sees it with the
  item.

  Background:
    Given Sam is a seller
    And Sam sells "Desk lamp" at 24.50, noting "erp" as "E-1001"
    And Sam sells "Floor lamp" at 89.00, noting "erp" as "E-1002"

  Rule: An item is found by what is noted with it now

    Scenario: Of several items the one with the note is found
      When Kim searches among Sam's items where "erp" is noted as "E-1002"
      Then Kim finds "Floor lamp"

    Scenario: A note that has changed is found and shown
      Given Sam has noted "erp" as "E-2001" with "Desk lamp"
      When Kim searches among Sam's items where "erp" is noted as "E-2001"
      Then Kim finds "Desk lamp"
      And "Desk lamp" notes "erp" as "E-2001"
