"""First names, family names and nicknames. Names are put together at random: nobody in the extracts is a real child."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one community, the commonest first."""

    boys: tuple[str, ...]
    girls: tuple[str, ...]
    families: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.split()))


_LANCASHIRE = tuple(
    first + second
    for second in ("worth", "bottom", "field", "shaw", "ley", "den", "croft", "head", "wood", "stall", "burn", "gate")
    for first in _words(
        "Ash Butter Hollin Ram Duck Long Hey Grim Whit Thorn Bracken Clough Fern Harts Hasling Raven Sag Stan Unsl "
        "Wigg Winter Crawsh Black Birken Brad Cunl Dew Elm Gorst Green"
    )
)

_BRITISH = Names(
    _words(
        "Oliver George Noah Arthur Harry Leo Jack Charlie Freddie Theodore Oscar Alfie Henry Archie Thomas Joshua "
        "William James Jacob Ethan Isaac Lucas Max Logan Edward Samuel Joseph Daniel Benjamin Finley Mason Toby "
        "Harrison Riley Sebastian Adam Zachary Alexander Dylan Jude Reuben Elijah Luca Louie Stanley Ronnie Albie "
        "Frankie Bobby Callum Connor Kieran Liam Ryan Nathan Jayden Hayden Kai Tyler Cameron Owen Rhys Evan Ellis "
        "Elliot Jenson Carter Jaxon Blake Caleb Gabriel Luke Matthew Michael Robert David Andrew Christopher Aaron "
        "Bradley Brandon Corey Declan Ewan Felix Hugo Rory Ralph Rupert Sonny Teddy Tommy Vincent Zac Zane Myles "
        "Marley Kyle Lewis Leon Louis Jake Joel André"
    ),
    _words(
        "Olivia Amelia Isla Ava Ivy Freya Lily Florence Mia Willow Rosie Sophia Isabella Grace Daisy Sienna Poppy "
        "Elsie Emily Ella Evelyn Phoebe Evie Charlotte Harper Millie Matilda Maisie Sophie Alice Emma Ruby Elizabeth "
        "Isabelle Chloe Jessica Lucy Eliza Eva Violet Ellie Bella Scarlett Molly Layla Esme Maya Zara Holly Abigail "
        "Amber Amy Anna Beatrice Bethany Caitlin Cara Darcey Eden Edith Erin Faith Georgia Gracie Hannah Heidi "
        "Imogen Jasmine Katie Keira Lacey Lara Lauren Leah Lexi Lola Lottie Lydia Macy Madison Martha Megan Mollie "
        "Nancy Naomi Niamh Nicole Orla Paige Penelope Rebecca Rose Sarah Skye Summer Tilly Thea Victoria Zoë Renée "
        "Francesca Libby"
    ),
    _words(
        "Smith Jones Taylor Brown Williams Wilson Johnson Walker Wright Robinson Thompson White Hughes Edwards Green "
        "Hall Wood Harris Clarke Lewis Jackson Turner Cooper Hill Ward Morris Moore Clark Lee King Baker Harrison "
        "Morgan Allen Scott Watson Parker Bennett Young Davies Evans Roberts Whittle Pilkington Entwistle Ainsworth "
        "Aspinall Barlow Bamber Birtwistle Bleasdale Bolton Bradshaw Brindle Catterall Cowell Cronshaw Cross "
        "Crompton Dobson Eastham Eccles Fairhurst Fielding Fletcher Gardner Gorton Greenhalgh Grimshaw Halliwell "
        "Hargreaves Hartley Haworth Hesketh Hindle Holden Holt Horrocks Houghton Howarth Iddon Isherwood Kay Kenyon "
        "Kershaw Lomax Marsden Mercer Nuttall Ormerod Parkinson Pickup Pollard Procter Rawcliffe Rigby Riley Rimmer "
        "Rothwell Rushton Sagar Seddon Sharples Singleton Sumner Sutcliffe Swarbrick Tattersall Threlfall Townsend "
        "Turnbull Unsworth Walmsley Walsh Whitehead Whiteside Wilkinson Winstanley Yates O'Neill O'Brien Kelly "
        "Murphy McCarthy McDonald Byrne Doyle Gallagher"
    )
    + _LANCASHIRE,
)
_PAKISTANI = Names(
    _words(
        "Muhammad Mohammed Ali Ibrahim Yusuf Adam Hamza Hassan Hussain Ahmed Umar Zain Ayaan Bilal Haris Idris "
        "Ismail Musa Saad Usman Zakariya Abdullah Abdul Aqib Arslan Danyal Ehsan Faisal Farhan Hashim Imran Junaid "
        "Kamran Khalid Luqman Mustafa Nabeel Omar Qasim Rayyan Rehan Salman Shahid Sohail Tahir Talha Taha Waqas "
        "Yahya Zubair"
    ),
    _words(
        "Aisha Fatima Maryam Zainab Khadija Hafsa Amina Aleena Hania Inaya Zoya Zara Sana Safa Sara Noor Mahnoor "
        "Eshal Anaya Ayesha Alina Aliza Amna Anisa Areeba Asma Bushra Farah Hira Humaira Iqra Kiran Laiba Maha "
        "Mariam Mehreen Minahil Nadia Nabila Rabia Rimsha Saima Sadia Samina Shazia Sidra Sumaya Tayyaba Uzma Yasmin"
    ),
    _words(
        "Khan Hussain Ahmed Ali Mahmood Akhtar Iqbal Shah Malik Hussein Mohammed Butt Rehman Aslam Bashir Chaudhry "
        "Rafiq Saleem Nawaz Mirza Qureshi Raja Rashid Sheikh Siddique Yousaf Zaman Anwar Arshad Ashraf Aziz Azam "
        "Bhatti Dar Farooq Ghafoor Hanif Hayat Javed Kausar Latif Majid Munir Parveen Riaz Sadiq Sarwar Shafiq "
        "Sharif Tariq Younis"
    ),
)
_INDIAN = Names(
    _words(
        "Muhammad Aarav Ismail Yusuf Arjun Ahmed Rohan Vivaan Adam Krish Dev Ishaan Jay Karan Nikhil Rahul Sahil "
        "Vihaan Zayd Ayaan Haroon Imran Irfan Ilyas Zakir Suleman Aryan Anand Dhruv Harsh Jeevan Manav Mehul Neel "
        "Pranav Raj Sameer"
    ),
    _words(
        "Aaliyah Anaya Diya Khadija Maryam Aisha Priya Riya Saanvi Ananya Isha Jiya Kavya Meera Neha Nisha Pooja "
        "Radha Safiyyah Sumayyah Zahra Fatima Hawwa Ruqayyah Amrit Anjali Bhavna Deepa Jaya Komal Leena Mira Naina "
        "Sonal Tara"
    ),
    _words(
        "Patel Desai Singh Kaur Shah Mehta Bhatt Joshi Patidar Sharma Kapadia Bux Vali Ismail Mulla Nakhuda Kazi "
        "Bharuchi Lunat Motala Musa Sidat Seedat Pandor Adam Umarji Dalal Gajjar Mistry Parmar Rathod Solanki Tailor "
        "Vyas Zaveri"
    ),
)
_BANGLADESHI = Names(
    _words(
        "Muhammad Mohammed Abdul Ibrahim Yusuf Rahim Karim Tanvir Shakil Rafi Sajid Nahid Jubair Habib Imran Kamal "
        "Faruk Ashik Mahin Mizan Nayeem Omar Rakib Rasel Sabbir Shahin Tareq Zahid Zakir Arif"
    ),
    _words(
        "Fatima Ayesha Nusrat Tahmina Sumaiya Farzana Jannat Maryam Nadia Nasrin Rahima Ruksana Sabina Salma Sharmin "
        "Shirin Sultana Tasnim Taslima Zakia Afia Anika Aliya Farida Halima Lamia Mim Rupa Safia Tania"
    ),
    _words(
        "Uddin Miah Begum Ahmed Hussain Rahman Ali Islam Khatun Choudhury Hoque Ullah Alom Kabir Haque Sarkar "
        "Chowdhury Das Mia Talukdar Bhuiyan Hasan Sheikh Molla Khanom Akther Sultan Rashid Karim Hamid"
    ),
)
_BLACK = Names(
    _words(
        "Samuel Daniel David Emmanuel Joshua Elijah Michael Joseph Isaiah Caleb Kofi Kwame Tunde Chidi Tendai Farai "
        "Tinashe Malachi Jermaine Tyrese Jordan Andre Marcus Nathaniel Ezekiel Obinna Femi Sekou Abel Yonas"
    ),
    _words(
        "Grace Esther Blessing Deborah Naomi Abigail Precious Ruth Chloe Amara Chioma Adaeze Ama Abena Tariro "
        "Rutendo Nyasha Destiny Imani Keisha Shanice Tiana Zainab Fatou Miriam Hiwot Selam Ife Joy Favour"
    ),
    _words(
        "Okafor Mensah Adeyemi Moyo Ncube Sibanda Boateng Owusu Okeke Eze Nwosu Abiola Bello Diallo Campbell Grant "
        "Francis Joseph Bailey Henry Gordon Reid Powell Morrison Palmer Simpson Asante Osei Banda Phiri Tesfaye "
        "Haile Kamara Sesay"
    ),
)
_EUROPEAN = Names(
    _words(
        "Jakub Kacper Filip Szymon Mateusz Oskar Nikodem Dawid Igor Kuba Andrei Matei Stefan Luca David Adrian Tomas "
        "Lukas Dominik Daniel Martin Viktor Ivan Alex Denis Milan Samuel Marek Pawel Piotr"
    ),
    _words(
        "Zuzanna Julia Maja Lena Hanna Oliwia Natalia Zofia Maria Amelia Aleksandra Wiktoria Sofia Andreea Ioana "
        "Elena Diana Alexandra Daria Nikola Karolina Laura Emilia Gabriela Viktoria Ema Nela Anna Kinga Ola"
    ),
    _words(
        "Kowalski Nowak Wisniewski Wojcik Kaminski Lewandowski Zielinski Szymanski Dabrowski Kozlowski Popescu "
        "Ionescu Popa Dumitru Stan Rusu Horvath Kovac Novak Balaz Petrauskas Kazlauskas Jankauskas Ivanov Petrov "
        "Georgiev Mazur Krawczyk Pawlak Wrobel"
    ),
)
_OTHER = Names(
    _words(
        "Omar Karim Yousef Ahmad Rami Wei Jun Hao Minh Duc Arash Darius Shayan Hevin Azad Rebin Alan Diyar Noor Sami"
    ),
    _words("Layla Noor Hala Rania Mei Lin Xin Linh Mai Shirin Roya Parisa Shilan Avin Dilan Jwan Sara Lana Dina Huda"),
    _words(
        "Haddad Al-Sayed Mansour Chen Wong Li Nguyen Tran Ahmadi Rezaei Karimi Aziz Mahmoud Barzani Saleh Khalil Zhang"
    ),
)

COMMUNITIES: dict[str, Names] = {
    "WBRI": _BRITISH,
    "WIRI": _BRITISH,
    "WOTH": _EUROPEAN,
    "APKN": _PAKISTANI,
    "AIND": _INDIAN,
    "ABAN": _BANGLADESHI,
    "AOTH": _OTHER,
    "BAFR": _BLACK,
    "BCRB": _BLACK,
    "MWAS": _BRITISH,
    "MWBC": _BRITISH,
    "MOTH": _BRITISH,
    "OOTH": _OTHER,
}

DAUGHTERS_NAMES = ("Begum", "Bibi", "Khatun", "Akhtar")
"""Family names that some Pakistani and Bangladeshi families give to daughters only."""

ALIKE = (
    _words("Jayden Hayden Kayden Aiden"),
    _words("Ella Bella Ellie Ela"),
    _words("Harry Harvey Harrison"),
    _words("Mia Maya Mya"),
    _words("Aisha Ayesha Aysha Asha"),
    _words("Hassan Hussain Hasan"),
    _words("Zain Zayn Zayan"),
    _words("Maryam Mariam Miriam"),
    _words("Ethan Evan Ewan"),
    _words("Lily Lila Libby Lottie"),
    _words("Ryan Rhys Rory"),
    _words("Sana Safa Sara"),
)
"""Names that sound alike, as twins are often given."""

NICKNAMES: dict[str, tuple[str, ...]] = {
    "William": ("Billy", "Will", "Bill"),
    "Thomas": ("Tom", "Tommy"),
    "Joshua": ("Josh",),
    "Benjamin": ("Ben",),
    "Samuel": ("Sam",),
    "Daniel": ("Dan", "Danny"),
    "Joseph": ("Joe",),
    "James": ("Jim", "Jamie"),
    "Alexander": ("Alex",),
    "Edward": ("Ted", "Eddie"),
    "Matthew": ("Matt",),
    "Michael": ("Mike",),
    "Robert": ("Rob", "Bobby"),
    "Andrew": ("Andy",),
    "Christopher": ("Chris",),
    "Zachary": ("Zac",),
    "Theodore": ("Theo", "Teddy"),
    "Elizabeth": ("Lizzie", "Beth", "Liz"),
    "Charlotte": ("Lottie", "Charlie"),
    "Isabella": ("Bella", "Izzy"),
    "Isabelle": ("Izzy", "Belle"),
    "Amelia": ("Millie", "Amy"),
    "Olivia": ("Liv", "Livvy"),
    "Abigail": ("Abbie", "Abi"),
    "Jessica": ("Jess",),
    "Matilda": ("Tilly",),
    "Rebecca": ("Becky",),
    "Victoria": ("Vicky", "Tori"),
    "Francesca": ("Fran",),
    "Katie": ("Kate",),
    "Muhammad": ("Mohammed", "Mohammad", "Md", "Mohamed"),
    "Mohammed": ("Muhammad", "Mohammad", "Md", "Mohamed"),
    "Yusuf": ("Yousaf", "Yusof"),
    "Aisha": ("Ayesha", "Aysha"),
    "Fatima": ("Fatema", "Fatimah"),
    "Hussain": ("Husain", "Hussein"),
    "Abdullah": ("Abdulla", "Abdul"),
    "Zuzanna": ("Zuzia",),
    "Jakub": ("Kuba",),
    "Emmanuel": ("Manny",),
}

STREETS = _words(
    "Albert Alma Ash Balmoral Bank Beech Bridge Canal Cedar Chapel Church Clarence Coronation Cotton Derby "
    "Edith Elm Factory Fielden Garden George Grange Grove Harwood Hawthorn Holly Infirmary Ivy Jubilee King "
    "Larch Laurel Lime Lune Market Maple Mill Moor Nelson New Oak Orchard Park Peel Pendle Queen Railway "
    "Ribble Rose Rowan Spring Station Sycamore Tower Trafalgar Union Victoria Water Weaver Wellington Whalley "
    "Willow York"
)
