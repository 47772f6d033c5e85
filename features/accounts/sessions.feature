@accounts @privacy
Feature: Logging in and out
  A log-in holds until its holder logs out. Logging out counts at once.

  Background:
    Given Ada is a buyer

  Rule: The right address and password log their holder in

    Scenario: The holder comes back
      Given Ada has logged out
      When Ada logs in
      Then Ada is known as a buyer

    Scenario: An e-mail address may be typed in capitals
      When Ada logs in with the e-mail address in capitals
      Then Ada is known as a buyer

  Rule: Whoever guesses learns nothing

    Scenario: A wrong password opens nothing
      Given Ada has logged out
      When Ada logs in with the password "a guess of somebody"
      Then that is refused: the address or the password is wrong

    Scenario: An unknown address gets the same answer as a wrong password
      When Kim logs in with the password "a guess of somebody"
      Then that is refused: the address or the password is wrong

    Scenario: After five wrong passwords even the right one has to wait
      Given a wrong password has been tried 5 times for Ada
      When Ada logs in
      Then that is refused: too many log-ins have failed

    Scenario: Guessing at one account leaves the others alone
      Given Bob is a buyer
      And a wrong password has been tried 5 times for Ada
      When Bob logs in
      Then Bob is known as a buyer

  Rule: Without a log-in there is no account to see

    Scenario: After logging out the old log-in is worth nothing
      When Ada logs out
      And Ada goes on with the old log-in
      Then that is refused: the log-in is over

    Scenario: A guest has no profile
      When Kim looks at the own profile
      Then that is refused: nobody is logged in
