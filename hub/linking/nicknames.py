"""Given names in everyday and formal form: Tom and Thomas may be one child; Ella and Emma are two.

Each line holds the forms of one name. A short form may stand in several lines (Alex, Sam).
"""

_FORMS = """
abigail abi abby gail
alexander alex xander sandy lex al
alexandra alex lexi sandra
alfred alf alfie fred
andrew andy drew
anthony tony antony
archibald archie
arthur art artie
barbara babs
benjamin ben benny benji
bernadette bernie
bernard bernie
cameron cam
catherine katherine kathryn cathryn kate katie kathy cathy kat kitty
charles charlie chaz chas
charlotte charlie lottie lotte
christine christina chris chrissie tina
christopher chris kit topher
daniel dan danny
danielle dani
david dave davey davy
deborah debra deb debbie
dominic dom nic
dorothy dot dottie
edward ed eddie ted teddy ned eddy
eleanor ellie nell nora elinor
elizabeth lizzie liz beth betty eliza libby betsy lisa elisabeth
emily em emmy
emma em
evangeline evie
eve evie
evelyn evie
florence flo florrie flossie
frances fran francesca frankie
francis frank frankie
frederick fred freddie freddy frederic
gabriel gabe
gabriella gabrielle gabby ella
geoffrey geoff jeffrey jeff
georgia georgie
georgina georgie gina
gerald gerry
gillian gill jill
gregory greg
harold harry hal
harriet hattie harri
henry harry hal hank
hollie holly
hussain hussein husain
isabella isabel isabelle izzy bella issy isobel izzie
jack john
jacob jake
jacqueline jackie jacqui
james jim jimmy jamie jay
janet jan
jasmine jaz jas yasmin
jennifer jen jenny jenni
jessica jess jessie
joanne joanna jo
jonathan jon jonny jonathon john
john johnny jon jack
joseph joe joey jo
josephine jo josie
joshua josh
judith judy
kenneth ken kenny
kimberley kim kimberly
lawrence laurence larry laurie
leonard leo len lenny
lillian lily lilian lilly lil
louis louie lewis
lucinda lucy cindy
luke lucas
madeleine maddie maddy madeline
margaret maggie meg peggy marge
martha marty
matilda tilly tillie mattie
matthew matt mathew matty
maximilian max
michael mike mick mikey micky
michelle shelly shell
mohammed mohammad muhammad mohamed muhammed mohamad mohd md mo
molly mollie mary
natalie nat
natasha tasha nat
nathaniel nathan nate nat
nicholas nick nicky nicolas
nicola nicole nicky nikki
oliver ollie olly
olivia liv livvy
oscar ossie
pamela pam
patricia pat trish patsy tricia
patrick pat paddy rick
penelope penny
peter pete
philip phil phillip pip
philippa pippa pip
rachel rachael rach
raymond ray
rebecca becky becca bex rebekah
reginald reg reggie
richard rick ricky dick rich richie
robert rob bob bobby robbie bert
ronald ron ronnie
rosemary rose rosie
rosie rose
rupert rup
samantha sam sammy
samuel sam sammy
sebastian seb bastian
sophia sophie sofia
stephanie steph
stephen steven steve stevie
susan sue susie suzanne
theodora thea theo dora
theodore theo ted teddy
thomas tom tommy thom
timothy tim
tobias toby
valerie val
veronica ronnie
victoria vicky tori vikki vic
vincent vince vinny
vivienne viv
walter wally wal
wilfred wilf fred
william will bill billy liam willie
winifred winnie freda
yusuf yousuf yousef yusef joseph
zachary zac zach zak zack
"""

NAMESAKES: tuple[tuple[str, str], ...] = tuple(
    sorted(
        {(one, other) for line in _FORMS.split("\n") for one in line.split() for other in line.split() if one != other}
    )
)
"""Every pair of forms of one name, in both directions."""
