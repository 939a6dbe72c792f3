"""Names of drugs: medicines by their international names and best-known brands, and narcotics.

The international names (INN) of medicines end in stems that show their class (World Health Organization, "The use of
stems in the selection of INN"), so that most are recognized without being listed.
"""

from __future__ import annotations

import re

__all__ = ["BEGINNINGS", "ENDINGS", "FIRST_OF_TWO", "is_medicine", "is_narcotic"]

_MEDICINES_TEXT = """
    abacavir acamprosate acarbose acetaminophen acetazolamide acetylcysteine aciclovir acyclovir adalimumab adapalene
    adderall advair advil albendazole albuterol aldactone alendronate aleve alfentanil aliskiren allopurinol
    alprostadil altace amantadine ambien amiodarone amitriptyline amlodipine amoxicillin amoxil anastrozole apixaban
    arimidex aripiprazole aspirin astelin atacand atarax ativan atomoxetine atorvastatin augmentin avandia avapro
    avodart azathioprine azelastine azilect baclofen bactrim beclometasone benadryl benazepril benzocaine benzonatate
    betahistine betamethasone bextra bicalutamide bisacodyl bisoprolol botox budesonide bumetanide bupropion buspar
    buspirone calcitriol candesartan captopril carbamazepine carbidopa carbimazole cardizem carisoprodol carvedilol
    celebrex celecoxib celexa cephalexin cetirizine chlorhexidine chloroquine chlorpheniramine chlorpromazine
    cholecalciferol cholestyramine cialis ciclosporin cimetidine citalopram clarinex claritin clexane clobetasol
    clomifene clomiphene clonidine clopidogrel clozapine colchicine colestipol concerta coreg cortisone coumadin
    cozaar crestor cyclizine cyclobenzaprine cyclophosphamide cyclosporine cymbalta dabigatran danazol dapsone
    darvocet deltasone depakote desloratadine desmopressin desvenlafaxine dexamethasone dextromethorphan diclofenac
    dicyclomine diflucan digitoxin digoxin dihydrocodeine dilantin diltiazem dimenhydrinate diovan diphenhydramine
    dipyrone disulfiram docusate domperidone donepezil doxazosin doxepin doxylamine dramamine dulcolax duloxetine
    dupixent dutasteride effexor elavil eliquis enalapril enbrel entresto epinephrine epipen ergotamine erythropoietin
    esomeprazole eszopiclone etanercept ethambutol etoricoxib euthyrox evista excedrin ezetimibe famotidine
    fenofibrate fenofibric ferinject fexofenadine finasteride flagyl flecainide flexeril flomax flonase flovent
    fluorouracil fluoxetine fluphenazine flutamide fluticasone folinic formoterol fosamax furosemide gabapentin
    gaviscon gemfibrozil gentamicin glibenclamide gliclazide glimepiride glipizide glucophage glucotrol glyburide
    glycopyrronium guaifenesin haldol haloperidol heparin herceptin humalog humira humulin hydralazine
    hydrochlorothiazide hydrocortisone hydroxychloroquine hydroxyzine hyoscine ibuprofen imatinib imdur imipramine
    imitrex imodium imovane indapamide indometacin indomethacin infliximab insulin ipratropium isoniazid isosorbide
    isotretinoin ivabradine ivermectin januvia jardiance keflex keppra ketoconazole ketorolac klonopin labetalol
    lactulose lamictal lamotrigine lansoprazole lantus lasix leflunomide letrozole levetiracetam levitra
    levocetirizine levodopa levofloxacin levothyroxine lexapro librium linezolid lipitor liraglutide lisinopril
    loperamide lopressor loratadine lorazepam losartan lovenox lunesta lyrica macitentan mebeverine meclizine
    medroxyprogesterone melatonin meloxicam memantine mesalamine mesalazine metamizole metaxalone metformin
    methimazole methocarbamol methotrexate methyldopa methylphenidate methylprednisolone metoclopramide metolazone
    metoprolol metronidazole micardis midazolam mifepristone minoxidil miralax mirtazapine misoprostol modafinil
    mometasone montelukast motrin mounjaro mucinex mupirocin mycophenolate nabumetone naloxone naltrexone namenda
    naproxen nasonex neurontin nexium nicorette nifedipine nitrofurantoin nitroglycerin nolvadex norethisterone
    norflex nortriptyline norvasc novalgin novolog nurofen nystatin ofloxacin olanzapine olmesartan omeprazole
    ondansetron orlistat oseltamivir oxcarbazepine oxybutynin ozempic paliperidone panadol pantoprazole paracetamol
    paroxetine paxil paxlovid penicillin pentasa pentoxifylline pepcid perindopril phenazopyridine phenelzine
    phenylephrine phenytoin pioglitazone plaquenil plavix pradaxa pramipexole prasugrel pravachol praziquantel
    prednisolone prednisone premarin prevacid prilosec primidone pristiq probenecid prochlorperazine promethazine
    propecia propofol propylthiouracil protonix proventil provera prozac pseudoephedrine pulmicort pyrazinamide
    quetiapine quinapril rabeprazole raloxifene ramipril ranitidine ranolazine reglan relpax remeron remicade requip
    restoril rifampicin rifampin risperdal risperidone ritalin rituxan rivaroxaban robaxin rosuvastatin salbutamol
    salmeterol selegiline semaglutide senokot seroquel sertraline sildenafil simethicone simvastatin sinemet singulair
    sirolimus sitagliptin skelaxin solifenacin sotalol spironolactone strattera sucralfate sudafed sulfamethoxazole
    sulfasalazine sulpiride synthroid tacrolimus tadalafil tamiflu tamoxifen tamsulosin telmisartan terbinafine
    theophylline thyroxine ticagrelor timolol tiotropium tizanidine tofacitinib tolterodine topamax topiramate toprol
    torasemide torsemide trazodone trental triamcinolone triamterene trimethoprim trulicity tylenol ultracet
    valaciclovir valacyclovir valproate valproic valsartan valtrex vancomycin vardenafil varenicline venlafaxine
    ventolin verapamil viagra vioxx voltaren voltarol vortioxetine vytorin warfarin wegovy wellbutrin xarelto xenical
    xolair xyzal zantac zestril zetia ziprasidone zithromax zocor zofran zoloft zolpidem zonisamide zopiclone zovirax
    zyprexa zyrtec zyvox
"""
_ENDINGS = (
    r"(?:[lxztcks]umab|[lmnrtxzd]imab|tinib|ciclib|parib|zomib|degib|rafenib|sartan|vastatin|[dtnlf]olol|pril|pidem|azepam|"
    r"azolam|barbital|caine|triptan|setron|oxetine|prazole|conazole|nidazole|bendazole|cillin|[mrt]ycin|[gmn]icin|floxacin|cycline|"
    r"gliptin|gliflozin|glutide|glitazone|dipine|dronate|dronic|profen|coxib|lukast|parin|platin|rubicin|taxel|thiazide|"
    r"ciclovir|navir|tegravir|asvir|buvir|fovir|amivir|fungin|tadine|cetirizine|pheniramine|denafil|azosin|xaban|gatran|"
    r"grel|melteon|orexant|peridone|apine|fenacin|lafaxine|cortisone|solone|metasone|fentan[iy]l)"
)
_CEF = r"cef[adeioptu]\w{3,}"
_STEMS = re.compile(rf"\w{{2,}}{_ENDINGS}|{_CEF}")
_NO_STEMS = frozenset(("mongrel", "mongrels", "comparin", "preparin", "cocaine"))
_NARCOTICS_TEXT = """
    cocaine heroin methamphetamine amphetamine amphetamines meth mdma lsd cannabis marijuana marihuana hashish
    opium morphine codeine fentanyl carfentanil oxycodone oxycontin hydrocodone vicodin percocet methadone buprenorphine suboxone
    tramadol tapentadol dilaudid hydromorphone oxymorphone xanax alprazolam valium diazepam rohypnol flunitrazepam ketamine
    phencyclidine psilocybin mescaline ayahuasca dmt ibogaine ghb gbl mephedrone methcathinone khat kratom thc
    tetrahydrocannabinol quaalude methaqualone barbiturates barbiturate benzodiazepine benzodiazepines opioid opioids opiate
    opiates desomorphine krokodil flakka captagon nitazene nitazenes xylazine ritalin adderall dextroamphetamine
    lisdexamfetamine vyvanse kokain kokaina cocaína cocaïne heroína héroïne haschisch
"""
_MULTIPLE = re.compile(
    r"(?:crystal meth|crack cocaine|magic mushrooms?|laughing gas|angel dust|"
    r"purple drank|ecstasy (?:pill|tablet)s?|salvia divinorum)\Z"
)

_MEDICINES, _NARCOTICS = frozenset(_MEDICINES_TEXT.split()), frozenset(_NARCOTICS_TEXT.split())

BEGINNINGS = ("|".join(sorted(_MEDICINES | _NARCOTICS)), _CEF, _MULTIPLE.pattern.replace(" ", ".{1,2}"))
"""Patterns of which one matches a name of a drug in small letters, whatever separates the two words of a name, unless
one of ENDINGS matches its end.
"""

ENDINGS = (rf"\w\w{_ENDINGS}",)
"""Patterns of the ends of medicines' names, each with two letters before it."""

FIRST_OF_TWO = frozenset(("crystal", "crack", "magic", "laughing", "angel", "purple", "ecstasy", "salvia"))
"""First words of two-word names of narcotics."""


def is_medicine(word: str) -> bool:
    """Whether a word in small letters is the name of a medicine.

    >>> [is_medicine(word) for word in ("aspirin", "zanubrutinib", "april", "medicine")]
    [True, True, False, False]
    """
    return word in _MEDICINES or (len(word) >= 7 and word not in _NO_STEMS and _STEMS.fullmatch(word) is not None)


def is_narcotic(words: str) -> bool:
    """Whether a word, or two words with a space, in small letters, is the name of a narcotic.

    >>> [is_narcotic(words) for words in ("cocaine", "crystal meth", "coffee")]
    [True, True, False]
    """
    return words in _NARCOTICS or _MULTIPLE.match(words) is not None
