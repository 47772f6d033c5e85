Feature: Importing items from files
  A seller brings a whole range at once. Good rows are taken, bad rows are named, and the same file again changes nothing.

  Background:
    Given Sam is a seller

  Scenario Outline: A file of items in each form that is understood
    When Sam imports a <form> file
      | sku    | name       | price | quantity |
      | LAMP-1 | Desk lamp  | 24.50 | 7        |
      | LAMP-2 | Floor lamp | 89.00 | 2        |
    Then the import has created 2, changed 0, left 0 as they were and refused 0
    And a search among Sam's items for "lamp" finds "Desk lamp, Floor lamp"

    Examples:
      | form           |
      | line by line   |
      | list           |
      | table          |

  Scenario: The same file again changes nothing
    Given Sam imports a table file
      | sku    | name       | price | quantity |
      | LAMP-1 | Desk lamp  | 24.50 | 7        |
      | LAMP-2 | Floor lamp | 89.00 | 2        |
    When Sam imports the same file again
    Then the import has created 0, changed 0, left 2 as they were and refused 0

  Scenario: A known article number is changed, and its stock is left alone
    Given Sam imports a table file
      | sku    | name       | price | quantity |
      | LAMP-1 | Desk lamp  | 24.50 | 7        |
    When Sam imports a table file
      | sku    | name       | price | quantity |
      | LAMP-1 | Desk lamp  | 19.90 | 500      |
    Then the import has created 0, changed 1, left 0 as they were and refused 0
    And a search among Sam's items for "lamp" finds "Desk lamp" at 19.90
    And the "Desk lamp" that was found has 7 in stock

  Scenario: Bad rows are named by their line, good rows are kept
    When Sam imports a table file
      | sku    | name       | price | quantity |
      | LAMP-1 | Desk lamp  | 24.50 | 7        |
      | LAMP-2 |            | 89.00 | 2        |
      | LAMP-3 | Wall lamp  | cheap | 2        |
      | LAMP-1 | Once more  | 24.50 | 7        |
      | LAMP-4 | Floor lamp | 89.00 | 2        |
    Then the import has created 2, changed 0, left 0 as they were and refused 3
    And the import names the rows
      | line | field |
      | 3    | name  |
      | 4    | price |
      | 5    | sku   |
    And a search among Sam's items for "lamp" finds "Desk lamp, Floor lamp"

  Scenario: A trial run writes nothing
    When Sam tries an import of a table file
      | sku    | name       | price | quantity |
      | LAMP-1 | Desk lamp  | 24.50 | 7        |
      | LAMP-2 |            | 89.00 | 2        |
    Then the import has created 1, changed 0, left 0 as they were and refused 1
    And a search among Sam's items for "lamp" finds nothing

  Scenario: In a table, each variant has a row
    When Sam imports a table file
      | sku     | name         | variantId | options.colour | options.size | price | quantity |
      | SHIRT-1 | Cotton shirt | RED-M     | red            | M            | 15.99 | 20       |
      | SHIRT-1 | Cotton shirt | BLUE-M    | blue           | M            | 17.99 | 4        |
    Then the import has created 1, changed 0, left 0 as they were and refused 0
    And a search among Sam's items for "shirt" finds "Cotton shirt" at 15.99
    And the "Cotton shirt" that was found comes in the variants
      | variant | colour | size | price | stock |
      | RED-M   | red    | M    | 15.99 | 20    |
      | BLUE-M  | blue   | M    | 17.99 | 4     |

  Scenario: A stored document goes in as it stands
    When Sam imports the document
      """
      {"_id": "64f1c0ffee", "sku": "TSHIRT-001", "name": "Basic Cotton T-Shirt", "created_at": "2024-05-01T10:00:00Z",
       "variants": [{"variant_id": "TSHIRT-001-RD-M", "color": "red", "size": "M", "price": 15.99, "stock": 20}]}
      """
    Then the import has created 1, changed 0, left 0 as they were and refused 0
    And a search among Sam's items for "cotton shirt" finds "Basic Cotton T-Shirt" at 15.99

  Scenario: An import is its seller's own
    Given Sue is a seller
    And Sam imports a table file
      | sku    | name       | price | quantity |
      | LAMP-1 | Desk lamp  | 24.50 | 7        |
    When Sue looks at the import of Sam
    Then that is refused: there is no such import

  Scenario: Only sellers import
    Given Ada is a buyer
    When Ada imports a table file
      | sku    | name       | price | quantity |
      | LAMP-1 | Desk lamp  | 24.50 | 7        |
    Then that is refused: this is for sellers
