@catalog
Feature: Importing items from files
  A seller brings a whole range at once. Good rows are taken, bad rows are named, and the same file again changes nothing.

  Background:
    Given Sam is a seller

  Rule: Every form of file that is understood brings the same items

    Scenario Outline: A file written <form> is understood
      When Sam imports a file written <form>
        | article number | name       | price | quantity |
        | LAMP-1         | Desk lamp  | 24.50 | 7        |
        | LAMP-2         | Floor lamp | 89.00 | 2        |
      Then the import has created 2, changed 0, left 0 as they were and refused 0
      And "Desk lamp, Floor lamp" are found among Sam's items

      Examples:
        | form         |
        | line by line |
        | as a list    |
        | as a table   |

    Scenario: In a table each variant has a row
      When Sam imports a table
        | article number | name         | variant | colour | size | price | quantity |
        | SHIRT-1        | Cotton shirt | RED-M   | red    | M    | 15.99 | 20       |
        | SHIRT-1        | Cotton shirt | BLUE-M  | blue   | M    | 17.99 | 4        |
      Then the import has created 1, changed 0, left 0 as they were and refused 0
      And "Cotton shirt" is found among Sam's items in the variants
        | variant | colour | size | price | stock |
        | RED-M   | red    | M    | 15.99 | 20    |
        | BLUE-M  | blue   | M    | 17.99 | 4     |

    Scenario: An item comes in as another shop has stored it
      When Sam imports an item as another shop has stored it
        | article number | name                 | variant         | colour | size | price | stock |
        | TSHIRT-001     | Basic Cotton T-Shirt | TSHIRT-001-RD-M | red    | M    | 15.99 | 20    |
      Then the import has created 1, changed 0, left 0 as they were and refused 0
      And "Basic Cotton T-Shirt" is found among Sam's items at 15.99

  @stock
  Rule: An item that is known is changed, and its stock is left alone

    Scenario: The same file again changes nothing
      Given Sam has imported a table
        | article number | name       | price | quantity |
        | LAMP-1         | Desk lamp  | 24.50 | 7        |
        | LAMP-2         | Floor lamp | 89.00 | 2        |
      When Sam imports the same file again
      Then the import has created 0, changed 0, left 2 as they were and refused 0

    Scenario: A new price is taken over, a quantity is not
      Given Sam has imported a table
        | article number | name      | price | quantity |
        | LAMP-1         | Desk lamp | 24.50 | 7        |
      When Sam imports a table
        | article number | name      | price | quantity |
        | LAMP-1         | Desk lamp | 19.90 | 500      |
      Then the import has created 0, changed 1, left 0 as they were and refused 0
      And "Desk lamp" is found among Sam's items at 19.90
      And "Desk lamp" is found among Sam's items with 7 in stock

  Rule: A bad row spoils no good one

    Scenario: Bad rows are named by line and column, good rows are kept
      When Sam imports a table
        | article number | name       | price | quantity |
        | LAMP-1         | Desk lamp  | 24.50 | 7        |
        | LAMP-2         |            | 89.00 | 2        |
        | LAMP-3         | Wall lamp  | cheap | 2        |
        | LAMP-1         | Once more  | 24.50 | 7        |
        | LAMP-4         | Floor lamp | 89.00 | 2        |
      Then the import has created 2, changed 0, left 0 as they were and refused 3
      And the import names the bad rows
        | line | column         |
        | 3    | name           |
        | 4    | price          |
        | 5    | article number |
      And "Desk lamp, Floor lamp" are found among Sam's items

  Rule: A trial run says what an import would do, and does nothing

    Scenario: Good and bad rows are counted
      When Sam tries an import of a table
        | article number | name      | price | quantity |
        | LAMP-1         | Desk lamp | 24.50 | 7        |
        | LAMP-2         |           | 89.00 | 2        |
      Then the import has created 1, changed 0, left 0 as they were and refused 1

    Scenario: After a trial run every item is as new to the shop as before
      Given Sam has tried an import of a table
        | article number | name      | price | quantity |
        | LAMP-1         | Desk lamp | 24.50 | 7        |
      When Sam imports the same file again
      Then the import has created 1, changed 0, left 0 as they were and refused 0

  @privacy
  Rule: Sellers import, each for themselves

    Scenario: Another seller's import is not seen
      Given Sue is a seller
      And Sam has imported a table
        | article number | name      | price | quantity |
        | LAMP-1         | Desk lamp | 24.50 | 7        |
      When Sue looks at the import of Sam
      Then that is refused: there is no such import

    Scenario: A buyer imports nothing
      Given Ada is a buyer
      When Ada imports a table
        | article number | name      | price | quantity |
        | LAMP-1         | Desk lamp | 24.50 | 7        |
      Then that is refused: this is for sellers
