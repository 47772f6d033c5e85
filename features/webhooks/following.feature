Feature: Webhooks
  A seller's own system hears what happens to the seller's orders and items, and to no others. What it gets is signed with a secret that the seller alone was shown.

  Background:
    Given Sam is a seller
    And Sam offers "Desk lamp" at 24.50 with 7 in stock
    And Ada is a buyer

  Scenario: A system hears of the seller's orders, step by step
    Given Sam has a system that follows "orders.order_created.v1, orders.order_completed.v1"
    And Ada has put 2 of "Desk lamp" into the cart
    When Ada pays
    And the order ends completed
    Then the system of Sam gets "orders.order_created.v1, orders.order_completed.v1" about the order

  Scenario: It hears of nobody else's
    Given Sue is a seller
    And Sue offers "Floor lamp" at 89.00 with 2 in stock
    And Sue has a system that follows "orders.order_created.v1"
    And Sam has a system that follows "orders.order_created.v1"
    And Ada has put 1 of "Desk lamp" into the cart
    When Ada pays
    And the order ends completed
    Then the system of Sam gets "orders.order_created.v1" about the order
    And the system of Sue gets nothing

  Scenario: It hears of the seller's items
    Given Sam has a system that follows "catalog.item_changed.v1"
    When Sam changes the price of "Desk lamp" to 22.50
    Then the system of Sam gets "catalog.item_changed.v1"

  Scenario: What was removed gets nothing more
    Given Sam has a system that follows "orders.order_created.v1"
    When Sam removes the system
    Then Sam has no systems

  Scenario: Nobody manages the system of somebody else
    Given Sue is a seller
    And Sam has a system that follows "orders.order_created.v1"
    When Sue removes the system of Sam
    Then that is refused: there is no such system

  Scenario: Buyers have no systems
    When Ada adds a system at "https://93.184.215.14/hook"
    Then that is refused: this is for sellers

  Scenario Outline: A system that leads elsewhere is refused
    When Sam adds a system at "<url>"
    Then that is refused because of the url

    Examples:
      | url                                      |
      | https://sam:secret@example.org/hook      |
      | https://2130706433/hook                  |
      | https://example.org./hook                |
      | ftp://example.org/hook                   |
