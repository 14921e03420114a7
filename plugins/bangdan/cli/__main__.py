from bangdan.cli import main

main()
