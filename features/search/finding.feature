Feature: Finding items
  Anyone searches in their own words, and finds what they mean.

  Background:
    Given Sam is a seller
    And Sam offers the items
      | name                       | brand    | category   | price  | stock | description                    |
      | Wireless headphones        | Soundly  | audio      | 59.00  | 4     | Twenty hours of music          |
      | Studio headphones          | Klangart | audio      | 149.00 | 2     | For long sessions at the desk  |
      | Oak writing desk           | Holzweg  | furniture  | 320.00 | 1     | Solid wood                     |
      | Garden chair               | Holzweg  | furniture  | 45.00  | 9     | Folds flat                     |

  Scenario: By a word of the name
    Then a search among Sam's items for "headphones" finds "Wireless headphones, Studio headphones"

  Scenario: What has all words comes before what has some
    Then a search among Sam's items for "oak desk" finds "Oak writing desk" first

  Scenario Outline: However it is written
    Then a search among Sam's items for "<words>" finds "<name>"

    Examples:
      | words          | name                |
      | garden chairs  | Garden chair        |
      | GARDEN CHAIR   | Garden chair        |
      | gardn chair    | Garden chair        |
      | klangart       | Studio headphones   |

  Scenario: The beginning of a word is enough
    Then a search among Sam's items for "wirel" finds "Wireless headphones"

  Scenario: The exact article number comes before everything else
    Given Sam offers "Spare cushion" with the article number "HEADPHONES"
    Then a search among Sam's items for "HEADPHONES" finds "Spare cushion" first

  Scenario: The number on the package finds the item
    Given Sam offers "Blender" with the package number "4006381333931"
    Then a search among Sam's items for "4006381333931" finds "Blender"

  Scenario: A variant is found by its own number
    Given Sam offers "Cotton shirt" in variants
      | variant    | colour | size | price | stock |
      | SHIRT-RD-M | red    | M    | 15.99 | 20    |
      | SHIRT-BL-M | blue   | M    | 12.99 | 4     |
    Then a search among Sam's items for "SHIRT-RD-M" finds "Cotton shirt" first

  Scenario: A misspelt word is answered with the right one
    Given Sam offers an item of a brand that nobody else has
    When Kim misspells the name of that item in a search among Sam's items
    Then the shop suggests that name
    And that search finds that item first

  Scenario: What was looked for is marked in what was found
    When Kim searches among Sam's items for "garden"
    Then "Garden" is marked in the name of "Garden chair"

  Scenario Outline: Any text may be searched for
    Then a search among Sam's items for "<text>" finds nothing

    Examples:
      | text            |
      | xqzwvk          |
      | ((((((((        |
      | 🦄              |
      | كرسي            |

  Scenario: A new item is found at once
    When Sam offers "Bamboo headphones" at 20.00 with 5 in stock
    Then a search among Sam's items for "bamboo" finds "Bamboo headphones"

  Scenario: A changed item is found under its new name
    When Sam renames "Garden chair" to "Balcony chair"
    Then a search among Sam's items for "balcony" finds "Balcony chair"
    And a search among Sam's items for "garden" finds nothing

  Scenario: A sold-out item is shown as sold out
    Given Ada is a buyer
    When Ada buys 1 of "Oak writing desk"
    Then a search among Sam's items shows "Oak writing desk" as sold out
