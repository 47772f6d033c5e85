@accounts @privacy
Feature: Leaving the shop
  Whoever has an account may read all that the shop knows, and may leave: nothing is known then but what books must keep.

  Background:
    Given Ada is a buyer
    And Ada has an address in Germany

  Rule: Everybody may read all that the shop knows of them

    Scenario: The account and every order are handed over
      Given Sam is a seller
      And Sam sells "Desk lamp" at 24.50 with 7 in stock
      And Ada has bought 1 of "Desk lamp"
      When Ada wants to read everything that the shop knows
      Then Ada is given the own account and 1 order

  Rule: Whoever has left is not known any more

    Scenario: The log-in ends with the account
      Given Ada has left the shop
      When Ada goes on with the old log-in
      Then that is refused: the log-in is over

    Scenario: The e-mail address may be used anew, and nothing of old comes back
      Given Ada has left the shop
      When Ada registers as a buyer
      And Ada logs in
      Then Ada is known as a buyer
      And the shop knows no address of Ada

    Scenario: A seller leaves once nothing is on sale
      Given Sue is a seller
      And Sue sells "Rug" at 70.00 with 3 in stock
      And Sue has withdrawn "Rug"
      When Sue leaves the shop
      And Sue goes on with the old log-in
      Then that is refused: the log-in is over

  Rule: Nobody leaves by mistake, or in the middle of something

    Scenario: Whoever leaves has to know the password
      When Ada leaves the shop with the password "a guess of somebody"
      Then that is refused because of the password
      And Ada is known as a buyer

    Scenario: A buyer whose order is under way stays until it is over
      Given Sam is a seller
      And Sam sells "Desk lamp" at 24.50 with 7 in stock
      And Ada has put 1 of "Desk lamp" into the cart
      And Ada has paid with a card that is slow to answer
      When Ada leaves the shop
      Then that is refused: orders are under way

    Scenario: A seller with something on sale stays until it is withdrawn
      Given Sue is a seller
      And Sue sells "Rug" at 70.00 with 3 in stock
      When Sue leaves the shop
      Then that is refused: something is still on sale
