//! Abbreviations and first words of sentences, by language. In lower case, without the final full
//! stop, apart by white space.
//!
//! Collected for narration: words that are as often a whole sentence or its end (`no`, `art`, `me`)
//! are listed only where what follows tells them apart.

/// What a language abbreviates.
pub struct Words {
    /// Never ends a sentence: titles, and what introduces something.
    pub bound: &'static str,
    /// Ends none before a number: `No. 5`, `Oct. 3`.
    pub numbered: &'static str,
    /// Ends one only before a word that begins sentences: `9 a.m. Monday`, but `9 a.m. The`.
    pub open: &'static str,
    /// Words that begin sentences and that are no names.
    pub starters: &'static str,
    /// Whether a full stop behind a number makes it an ordinal.
    pub has_ordinals: bool,
}

/// What is read in every language of the Latin script.
pub const COMMON: Words = Words {
    bound: "mr mrs ms dr prof vs mme mlle messrs",
    numbered: "",
    open: "st jr sr inc ltd co corp ph.d",
    starters: "",
    has_ordinals: false,
};

/// The words of a language by its tag without region.
pub fn words_of(primary: &str) -> &'static Words {
    match primary {
        "en" => &ENGLISH,
        "de" | "lb" => &GERMAN,
        "fr" => &FRENCH,
        "es" | "an" | "ca" => &SPANISH,
        "it" => &ITALIAN,
        "pt" => &PORTUGUESE,
        "nl" | "af" => &DUTCH,
        "ru" | "be" | "bg" => &RUSSIAN,
        "uk" => &UKRAINIAN,
        "pl" => &POLISH,
        "cs" | "sk" => &CZECH,
        "tr" | "az" => &TURKISH,
        "sv" => &SWEDISH,
        "da" | "nb" | "no" | "nn" => &NORDIC,
        "fi" => &FINNISH,
        "hu" => &HUNGARIAN,
        "ro" => &ROMANIAN,
        "el" => &GREEK,
        "hr" | "sr" | "bs" | "sl" | "mk" => &SOUTH_SLAVIC,
        "et" | "lv" | "is" => &ORDINALS,
        _ => &COMMON,
    }
}

const ENGLISH: Words = Words {
    bound: "mx hon rev fr gov sen rep reps gen maj col lt cmdr capt cpl sgt adm brig pvt pres supt insp atty det \
        messrs drs msgr mt amb sec.gen e.g i.e cf viz approx",
    numbered: "no nos vol vols p pp fig figs chap ch eq eqs jan feb mar apr jun jul aug sep sept oct nov dec",
    open: "ft a.m p.m b.c a.d u.s u.k u.n d.c ph.d m.d b.a m.a esq ave blvd rd dept est govt bros univ assn corp etc",
    starters: "the an this that these those he she it we you they there then when while where why how what who if in \
        on at as after before but and or so for from with my his her our their its your yes not now one some many \
        most all both each every another other however also although because since once finally later first second \
        next maybe perhaps please let do does did is are was were can could would should might have has had meanwhile \
        moreover here to by of until only just even still nobody someone everyone nothing something everything \
        people such well yet thus therefore instead don doesn didn isn aren wasn weren can i a no",
    has_ordinals: false,
};

const GERMAN: Words = Words {
    bound: "hr fr frl herrn dipl ing dipl.-ing med phil habil rer nat jur theol pol bzw ca vgl evtl ggf bspw sog inkl \
        exkl zzgl abzgl hl gebr mind röm kath ev geb gest verh staatl städt ehem allg bes betr einschl entspr \
        gem gez jew lat griech engl franz z.b d.h u.a i.d.r i.a m.e s.o s.u v.a o.g d.i bzgl frz dt",
    numbered: "max min nr nrn bd bde abb abs art aufl kap lfd ziff tab tel jg jan feb mär märz apr jun jul aug sep sept okt \
        nov dez s",
    open: "usw etc str jh jhdt jahrh chr mio mrd tsd uvm usf ff f sen jun std u.ä o.ä u.v.m a.d gmbh",
    starters: "der die das dem den des ein eine einer eines einem einen er sie es wir ihr ich du man dies diese dieser \
        dieses jene jener jeder jede jedes alle viele einige manche und oder aber doch denn sondern da dann danach \
        daher deshalb darum dabei damit dort hier heute gestern morgen jetzt nun als wenn weil obwohl während nachdem \
        bevor ob wie was wer wo warum wann in im am an auf aus bei mit nach von vor zu zum zur über unter für durch \
        gegen ohne um seit bis nur noch auch schon sehr so sein seine ihre mein meine unser nicht kein keine ja nein \
        außerdem jedoch trotzdem später zuerst schließlich endlich vielleicht bald bitte erst sogar dazu darauf",
    has_ordinals: true,
};

const FRENCH: Words = Words {
    bound: "m mm mmes mlles mgr pr me ste sts cf env av apr bd boul tél p.ex c.-à-d hab suiv",
    numbered: "art chap vol p pp fig n° no num janv févr avr juil sept oct nov déc",
    open: "etc j.-c s.a r.d cie",
    starters: "le la les l un une des du ce cet cette ces il elle ils elles on nous vous je j tu mon ma mes ton ta tes \
        son sa ses notre votre leur leurs et mais ou donc or ni car si quand lorsque puis alors ensuite après avant \
        pendant dans sur sous avec sans pour par en à au aux chez depuis que qui quoi où comment pourquoi combien oui \
        non ne c cela ça tout tous toute toutes plusieurs certains chaque aucun personne rien enfin ainsi aussi bien \
        plus moins très ici là hier aujourd demain maintenant cependant pourtant toutefois parce puisque comme d voici \
        voilà n s qu",
    has_ordinals: false,
};

const SPANISH: Words = Words {
    bound: "sra srta sres sras dra dres d dña dn profa lic arq gral cap cnel tte gob pdte excmo excma ilmo ilma rvdo \
        mons fr sto sta aprox máx mín cf ej p.ej av avda ee ff aa rr hh jj sr ing ntro",
    numbered: "núm nº pág págs art vol fig tel ene feb mar abr jun jul ago sep sept oct nov dic",
    open: "etc uu a.c d.c a.m p.m s.a s.l ud uds vd vds izq dcha",
    starters: "el la los las un una unos unas lo él ella ellos ellas yo tú usted ustedes nosotros este esta estos estas \
        ese esa eso esto aquel aquella mi su sus tu nuestro y e o u pero sino aunque porque que quien cuando donde como \
        si cuándo dónde cómo qué quién por para con sin en de del al a ante desde hasta entre sobre tras según no sí \
        también tampoco ya aún todavía después luego entonces ahora hoy ayer mañana aquí allí así además finalmente \
        primero todo todos toda todas muchos algunos cada otro otra nadie nada algo más menos muy se le les me te nos \
        hay fue era es está",
    has_ordinals: false,
};

const ITALIAN: Words = Words {
    bound: "sig sigg sigra sig.ra sig.na dott dott.ssa prof.ssa ing avv arch geom rag on sen cav comm gen col cap ten \
        mons ss es p.es cfr ca spett egr gent",
    numbered: "pag pagg art artt vol fig nr num tel gen feb mar apr mag giu lug ago set sett ott nov dic",
    open: "ecc etc a.c d.c s.p.a s.r.l",
    starters: "il lo la i gli le l un uno una è e ed o ma però se quando dove come perché chi che cosa questo questa \
        questi queste quello quella io tu lui lei noi voi loro mio mia suo sua nostro in nel nella a al alla di del \
        della da dal con per su tra fra dopo prima poi allora ora oggi ieri domani qui lì non sì anche così infine \
        inoltre tutto tutti tutte ogni molti alcuni nessuno niente più si ci vi mi ti c",
    has_ordinals: false,
};

const PORTUGUESE: Words = Words {
    bound: "sra srs sras srta dra drs profa eng enga arq exmo exma d gen cap cel ten pe sto sta dep sen gov v.exa p.ex \
        ex aprox máx mín cf av sr",
    numbered: "núm nº pág págs art vol fig tel jan fev abr jun jul ago set out nov dez",
    open: "etc a.c d.c a.m p.m s.a ltda cia",
    starters: "o a os as um uma uns umas ele ela eles elas eu tu você vocês nós este esta isto esse essa isso aquele \
        aquela meu minha seu sua nosso e ou mas porém se quando onde como porque por que quem qual não sim também já \
        ainda depois então agora hoje ontem amanhã aqui ali lá assim além finalmente primeiro todo todos todas muitos \
        alguns cada outro ninguém nada mais menos muito em no na nos nas de do da dos das com sem para até entre sobre \
        há foi era é está",
    has_ordinals: false,
};

const DUTCH: Words = Words {
    bound: "dhr mevr mw mej drs ir ing ds gebr bijv ca vgl resp incl excl evt zgn jhr jkvr kol kapt o.a m.b.t \
        d.w.z i.v.m z.g.n t.o.v m.i i.p.v",
    numbered: "max min nr nrs blz pag p art hfst fig tel afb jan feb mrt apr jun jul aug sep sept okt nov dec",
    open: "enz etc a.u.b v.chr n.chr chr b.v n.v str",
    starters: "de het een en maar of want dus hij zij ze wij we ik jij je u jullie dit dat deze die er daar hier dan \
        toen nu als wanneer waar wat wie waarom hoe omdat terwijl hoewel nadat voordat in op aan bij met naar van voor \
        uit over onder tot door om te zonder sinds ook nog niet geen ja nee alle veel sommige elke ieder daarna later \
        eerst eindelijk vandaag gisteren morgen misschien mijn zijn haar ons onze hun",
    has_ordinals: false,
};

const RUSSIAN: Words = Words {
    bound: "гр тов ул просп пр пер пл кв корп им проф акад доц инж ген полк св см ср напр т.е т.к т.н г-н г-жа др-р",
    numbered: "рис табл гл стр ст тел № с п",
    open: "руб тыс млн млрд коп кг км др пр гг вв т.д т.п н.э",
    starters: "он она оно они я ты мы вы это этот эта эти тот та те то и а но или да нет не если когда где куда откуда \
        почему зачем как что кто чтобы потому поэтому затем потом тогда теперь сейчас сегодня вчера завтра здесь там \
        тут в во на по с со из за к ко от до для при под над о об про без через после перед между у все всё весь каждый \
        многие некоторые никто ничто ещё уже только также тоже даже однако хотя так вот его её их мой моя наш ваш свой \
        был была было были есть",
    has_ordinals: false,
};

const UKRAINIAN: Words = Words {
    bound: "вул просп пр пров пл кв ім проф акад доц інж ген полк св див напр т.зв т.ч п-н п-ні",
    numbered: "рис табл гл стор ст тел № с п",
    open: "грн тис млн млрд коп кг км ін рр ст т.д т.п н.е",
    starters: "він вона воно вони я ти ми ви це цей ця ці той та те і й але або так ні не якщо коли де куди чому як що \
        хто щоб тому потім тоді тепер зараз сьогодні вчора завтра тут там у в на по з із за до від для при під над про \
        без через після перед між усі все кожен ще вже тільки також навіть однак хоча його її їх мій наш був була було \
        були є",
    has_ordinals: false,
};

const POLISH: Words = Words {
    bound: "inż mgr hab ks św błp płk gen por kpt sierż ul pl os tzw tzn np m.in ok wg zob red ob",
    numbered: "nr str rys tab art ust pkt poz rozdz tel",
    open: "al im itd itp godz tys mln mld zł gr p.n.e n.e",
    starters: "to ten ta te ci on ona ono oni one ja ty my wy i a ale lub albo oraz jeśli jeżeli gdy kiedy gdzie jak co \
        kto dlaczego ponieważ bo więc dlatego potem później wtedy teraz dziś dzisiaj wczoraj jutro tu tam w we na po z \
        ze za do od dla przy pod nad o u bez przez przed między nie tak wszyscy wszystko każdy wiele niektórzy nikt nic \
        jeszcze już tylko także też nawet jednak choć jego jej ich mój nasz był była było byli jest są następnie",
    has_ordinals: true,
};

const CZECH: Words = Words {
    bound: "pí sl mgr mudr judr phdr rndr doc plk gen kpt por sv tzv tj např mj ul nám ing",
    numbered: "č str obr tab čl odst kap tel",
    open: "apod atd aj tis mil mld kč hod min",
    starters: "ten ta to ti ty on ona ono oni já my vy a ale nebo ani i když pokud kde kdy jak co kdo proč protože proto \
        potom pak tehdy teď dnes včera zítra tady tam v ve na po z ze za do od pro při pod nad o u bez přes před mezi ne \
        ano všichni všechno každý mnoho někteří nikdo nic ještě už jen také dokonce však jeho její jejich můj náš byl \
        byla bylo byli je jsou",
    has_ordinals: true,
};

const TURKISH: Words = Words {
    bound: "doç yrd sn op uzm alb org tuğg yzb ecz müh ör örn bkz mah cad bul apt hz",
    numbered: "no sf syf md cilt tel şek tbl",
    open: "av kor sok vb vd yy m.ö m.s t.c a.ş şti ltd",
    starters: "bu şu o onlar biz siz ben sen ve ama fakat ya eğer çünkü bir her bütün tüm bazı çok az daha en ne neden \
        nasıl nerede kim sonra önce şimdi bugün dün yarın burada orada ancak ayrıca hem hiç kimse evet hayır değil için \
        gibi böylece",
    has_ordinals: true,
};

const SWEDISH: Words = Words {
    bound: "hr fr ing kapt bl.a t.ex dvs d.v.s ca resp inkl exkl jfr f.d s:t s.k",
    numbered: "kl nr sid kap fig tel",
    open: "osv o.s.v m.m m.fl etc kr",
    starters: "den det de en ett han hon vi ni jag du man och men eller om när var vad vem hur varför som på i av för med \
        till från efter innan sedan då nu här där idag igår inte ja nej alla många några varje också ännu bara detta \
        denna dessa",
    has_ordinals: false,
};

const NORDIC: Words = Words {
    bound: "hr fr ing kapt skt bl.a f.eks d.v.s dvs ca inkl ekskl jf s.k",
    numbered: "kl nr s kap fig tlf",
    open: "osv m.m m.fl etc kr",
    starters: "den det de en et ei han hun vi i jeg du man og men eller om når hvor hva hvad hvem hvordan hvorfor som på \
        av af for med til fra etter efter før siden da nå nu her der ikke ja nei nej alle mange noen nogle hver også \
        bare dette denne disse",
    has_ordinals: true,
};

const FINNISH: Words = Words {
    bound: "hra rva tri dos ins esim ts nk ns n mm",
    numbered: "s nro puh",
    open: "jne ym yms",
    starters: "se ne hän he minä sinä me te tämä nämä tuo ja mutta tai jos kun missä mitä mikä kuka miten miksi että sitten \
        nyt tänään eilen huomenna täällä siellä ei kyllä kaikki monet myös vielä vain on oli",
    has_ordinals: true,
};

const HUNGARIAN: Words = Words {
    bound: "ifj id özv pl kb ill vö szt",
    numbered: "sz old",
    open: "stb",
    starters: "a az egy ez azok ezek ő ők én te mi ti és de vagy ha amikor hol mit mi ki hogyan miért hogy akkor most ma \
        tegnap holnap itt ott nem igen minden sok néhány is még már csak volt",
    has_ordinals: true,
};

const ROMANIAN: Words = Words {
    bound: "dl d-na dna ing str bd sf ex p.ex cca",
    numbered: "nr pag art vol fig tel",
    open: "etc î.hr d.hr",
    starters: "el ea ei ele eu tu noi voi un o unii și dar sau dacă când unde cum ce cine de în la pe cu pentru din după apoi \
        acum azi ieri mâine aici acolo nu da toți toate mulți fiecare este era a fost acest această",
    has_ordinals: false,
};

const GREEK: Words = Words {
    bound: "κ κος κα δρ καθ π.χ δηλ βλ αγ",
    numbered: "σελ αρ τηλ",
    open: "κ.λπ κλπ κτλ μ.μ π.μ μ.χ",
    starters: "ο η το οι τα ένας μια ένα αυτός αυτή αυτό εγώ εσύ εμείς και αλλά ή αν όταν που πού πώς τι ποιος γιατί τότε \
        μετά τώρα σήμερα χθες αύριο εδώ εκεί δεν όχι ναι όλοι πολλοί κάθε στο στη στην για με από σε",
    has_ordinals: false,
};

const SOUTH_SLAVIC: Words = Words {
    bound: "gosp gđa sv tj npr ul inž mag г др гђа нпр тј ул",
    numbered: "br str čl бр стр",
    open: "itd sl itn tzv итд",
    starters: "on ona ono oni ja ti mi vi to taj ta ovo ovaj ova a ali ili i ako kad kada gdje gde kako što šta tko ko zašto \
        jer zato zatim onda sada danas jučer juče sutra ovdje tamo u na po s sa iz za od do ne da svi sve svaki mnogi još \
        samo je bio bila bilo bili он она оно они ја ти ми ви то ово али или ако када где како шта ко зашто јер зато \
        онда сада данас у на по са из за од до не да сви све",
    has_ordinals: true,
};

/// Estonian, Latvian, Icelandic.
const ORDINALS: Words = Words {
    bound: "",
    numbered: "nr lk lpp bls",
    open: "jne utt o.s.frv",
    starters: "see ta nad tas viņš viņa un bet ja það hann hún og en",
    has_ordinals: true,
};
