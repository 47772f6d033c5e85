@search
Feature: Finding items
  Anyone searches in their own words, and finds what they mean.

  Background:
    Given Sam is a seller
    And Sam sells the items
      | name                | brand    | category  | price  | stock | description                   |
      | Wireless headphones | Soundly  | audio     | 59.00  | 4     | Twenty hours of music         |
      | Studio headphones   | Klangart | audio     | 149.00 | 2     | For long sessions at the desk |
      | Oak writing desk    | Holzweg  | furniture | 320.00 | 1     | Solid wood                    |
      | Garden chair        | Holzweg  | furniture | 45.00  | 9     | Folds flat                    |
    And searches know all of Sam's items

  Rule: Words are found as people write them

    Scenario: Every item with the word in its name is found
      When Kim searches among Sam's items for "headphones"
      Then Kim finds "Wireless headphones, Studio headphones"

    Scenario Outline: "<words>" means "<name>"
      When Kim searches among Sam's items for "<words>"
      Then Kim finds "<name>"

      Examples:
        | words         | name                |
        | garden chairs | Garden chair        |
        | GARDEN CHAIR  | Garden chair        |
        | gardn chair   | Garden chair        |
        | klangart      | Studio headphones   |
        | wirel         | Wireless headphones |

    Scenario: A misspelt word is answered with the right one
      Given Sam sells an item of a brand that nobody else has
      When Kim misspells the name of that item in a search among Sam's items
      Then the shop suggests that name to Kim
      And Kim finds that item first

    Scenario Outline: "<text>" is searched for, and nothing is found
      When Kim searches among Sam's items for "<text>"
      Then Kim finds nothing

      Examples:
        | text     |
        | xqzwvk   |
        | (((((((( |
        | 🦄       |
        | كرسي     |

  Rule: What fits best comes first

    Scenario: What has all words comes before what has some
      When Kim searches among Sam's items for "oak desk"
      Then Kim finds "Oak writing desk" first

    Scenario: The exact article number comes before everything else
      Given Sam sells "Spare cushion" with the article number "HEADPHONES"
      When Kim searches among Sam's items for "HEADPHONES"
      Then Kim finds "Spare cushion" first

    Scenario: A variant is found by its own number
      Given Sam sells "Cotton shirt" in variants
        | variant    | colour | size | price | stock |
        | SHIRT-RD-M | red    | M    | 15.99 | 20    |
        | SHIRT-BL-M | blue   | M    | 12.99 | 4     |
      When Kim searches among Sam's items for "SHIRT-RD-M"
      Then Kim finds "Cotton shirt" first

    Scenario: The number on the package finds the item
      Given Sam sells "Blender" with the package number "4006381333931"
      When Kim searches among Sam's items for "4006381333931"
      Then Kim finds "Blender"

    Scenario: What was looked for is marked in what was found
      When Kim searches among Sam's items for "garden"
      Then Kim sees "Garden" marked in the name of "Garden chair"

  Rule: A change is found at once

    Scenario: A new item is found
      When Sam offers "Bamboo headphones" at 20.00 with 5 in stock
      Then "Bamboo headphones" is found among Sam's items

    Scenario: A changed item is found under its new name
      Given Sam has renamed "Garden chair" to "Balcony chair"
      When Kim searches among Sam's items for "balcony"
      Then Kim finds "Balcony chair"

    Scenario: A changed item is not found under its old name
      Given Sam has renamed "Garden chair" to "Balcony chair"
      When Kim searches among Sam's items for "garden"
      Then Kim finds nothing

    @stock
    Scenario: A sold-out item is shown as sold out
      Given Ada is a buyer
      When Ada buys 1 of "Oak writing desk"
      Then "Oak writing desk" is found among Sam's items as sold out
