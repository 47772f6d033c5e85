@catalog
Feature: Onboarding items
  A seller offers items: simple ones with a price and a quantity, or items that come in variants.

  Background:
    Given Sam is a seller

  Rule: A seller says what is sold, and anyone sees it word for word

    Scenario: A name, a price and a quantity are enough
      When Sam offers "Desk lamp" at 24.50 with 7 in stock
      Then anyone sees "Desk lamp" at 24.50 with 7 in stock
      And "Desk lamp" is on sale

    Scenario: Everything that the seller says of an item is kept
      When Sam offers "Reading lamp" with the details
        | description    | Bends in every direction — even backwards. |
        | brand          | Lumière                                    |
        | category       | lighting                                   |
        | tags           | lamp, desk                                 |
        | picture        | https://pictures.example/lamp.jpg          |
        | package number | 4006381333931                              |
        | watts          | 7                                          |
        | shade          | red                                        |
      Then anyone sees "Reading lamp" with the details
        | description    | Bends in every direction — even backwards. |
        | brand          | Lumière                                    |
        | category       | lighting                                   |
        | tags           | lamp, desk                                 |
        | picture        | https://pictures.example/lamp.jpg          |
        | package number | 4006381333931                              |
        | watts          | 7                                          |
        | shade          | red                                        |

    @stock
    Scenario: Each variant has a price and a stock of its own
      When Sam offers "Cotton shirt" in variants
        | variant | colour | size | price | stock |
        | RED-M   | red    | M    | 15.99 | 20    |
        | RED-L   | red    | L    | 16.99 | 3     |
        | BLUE-M  | blue   | M    | 15.99 | 0     |
      Then anyone sees the variants of "Cotton shirt"
        | variant | colour | size | price | stock |
        | RED-M   | red    | M    | 15.99 | 20    |
        | RED-L   | red    | L    | 16.99 | 3     |
        | BLUE-M  | blue   | M    | 15.99 | 0     |

    @privacy
    Scenario: A draft is for its seller's eyes only
      When Sam drafts "Secret lamp" at 24.50 with 7 in stock
      Then Sam sees "Secret lamp" as a draft
      And nobody else sees "Secret lamp"

  Rule: An article number names one item of its seller

    Scenario: An article number that is taken is refused
      Given Sam sells "Desk lamp" with the article number "LAMP-1"
      When Sam offers "Another lamp" with the article number "LAMP-1"
      Then that is refused: the article number is taken

    Scenario: Two sellers may use the same article number
      Given Sue is a seller
      And Sam sells "Desk lamp" with the article number "LAMP-1"
      When Sue offers "Floor lamp" with the article number "LAMP-1"
      Then anyone sees "Floor lamp" of Sue
      And anyone sees "Desk lamp" of Sam

  Rule: A form that is sent counts once

    Scenario: A form that is sent again makes no second item
      Given Sam has sent the form that offers "Desk lamp"
      When Sam, hearing nothing, sends the same form again
      Then Sam has 1 item called "Desk lamp"

    Scenario: A form that was sent is not filled in with another item
      Given Sam has sent the form that offers "Desk lamp"
      When Sam sends the same form, now offering "Floor lamp"
      Then that is refused: the form was sent for something else

  Rule: What cannot be sold is refused, and the reason is named

    @money
    Scenario Outline: The price "<price>" is none
      When Sam offers an item at the price "<price>"
      Then that is refused because of the price

      Examples:
        | price |
        | -1.00 |
        | 9.999 |
        | much  |

    Scenario: An item has a name
      When Sam offers an item without a name
      Then that is refused because of the name

    @stock
    Scenario: There are not fewer than none in stock
      When Sam offers "Desk lamp" at 24.50 with -1 in stock
      Then that is refused because of the quantity

    Scenario: A picture has an address in the web
      When Sam offers an item with the picture "a lamp on a desk"
      Then that is refused because of the pictures

    @privacy
    Scenario: Nobody offers an item in the name of another seller
      Given Sue is a seller
      When Sam offers an item in the name of Sue
      Then that is refused because of the seller

    Scenario: A simple item needs its price and its quantity
      When Sam offers an item without a price and a quantity
      Then that is refused because of the price and the quantity

    @privacy
    Scenario Outline: A <role> offers nothing
      Given Kim is a <role>
      When Kim offers "Desk lamp" at 24.50 with 7 in stock
      Then that is refused: <reason>

      Examples:
        | role  | reason              |
        | buyer | this is for sellers |
        | guest | nobody is logged in |
