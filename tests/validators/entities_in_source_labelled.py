"""Sentences about some sources, with the names in them that the source does not have. Written by hand for this purpose.

TUNED was looked at while the rules were made, HELD was not; both are about the same sources, and have 48 sentences each.
"""

SOURCES = {
    "en": """
        Bright Harbor Ferries was founded in 1974 by Edith Lund and sails between Oslo and Kiel. In May 2023 its
        electric ship Solvei, built by the Vard shipyard in Norway, entered service. Chief executive Tor Aas told
        the newspaper Dagbladet that the World Wildlife Fund had praised the plan. The European Commission and
        Germany's transport minister, Volker Brandt, visited the ship on 12 June 2023. Write to
        press@brightharbor.example or see https://brightharbor.example/news. The union NTF called a strike in
        October 2022. Passengers with an InterCity pass travel at half price, the company said.
        """,
    "contract": """
        This Agreement is made between Northwind Traders Ltd (the Supplier) and Contoso Holdings plc (the Customer)
        on 3 April 2024. The Supplier shall deliver the Software as described in Annex B. Any dispute goes to the
        courts of England and Wales. Notices are sent to Ms. Amara Obi, General Counsel, 14 Cannon Street, London.
        Payments are made in EUR to the account at Barclays. Personal data is processed under the GDPR.
        """,
    "de": """
        Die Stadtwerke Lindau haben am 4. Februar 2024 mit der Firma Solarhaus einen Vertrag über neue Anlagen
        geschlossen. Oberbürgermeisterin Claudia Sommer lobte das Vorhaben. Nach Angaben von Geschäftsführer Thomas
        Brunner kostet es zwölf Millionen Euro. Der Bayerische Rundfunk berichtete zuerst. Kritik kam vom Bund
        Naturschutz.
        """,
    "fr": """
        La société Lumière Verte a ouvert une usine à Lyon le 7 mars 2024. Sa directrice, Camille Fournier, attend
        une croissance de dix pour cent. La Banque de France et la région Auvergne-Rhône-Alpes soutiennent le
        projet. Le quotidien Le Progrès en a parlé.
        """,
    "es": """
        La empresa Viento Claro abrió una planta en Zaragoza el 9 de enero de 2024. Su directora, Lucía Romero,
        prevé contratar a cien personas. El Gobierno de Aragón y el Banco Santander financian la obra. Lo contó el
        diario El Heraldo.
        """,
    "nl": """
        Het bedrijf Zonnekracht bouwt een park bij Zwolle. Directeur Pieter van den Berg verwacht de opening in mei
        2025. De provincie Overijssel en Rabobank betalen mee. De Stentor schreef er als eerste over.
        """,
}

TUNED = [
    ("en", "The ferry company was founded by Edith Lund.", []),
    ("en", "The ferry company was founded by Karin Lund.", ["Karin"]),
    ("en", "Bright Harbor Ferries sails from Oslo to Kiel, and since last year to Gothenburg.", ["Gothenburg"]),
    ("en", "However, Tor Aas spoke to Dagbladet.", []),
    ("en", "Mr. Aas told Aftenposten about the Solvei.", ["Aftenposten"]),
    ("en", "The WWF praised the plan.", []),
    ("en", "The UN praised the plan.", ["UN"]),
    ("en", "German transport minister Brandt came on June 12, 2023.", []),
    ("en", "German transport minister Brandt came on June 13, 2023.", ["June 13, 2023"]),
    ("en", "The Commission visited the ship, as did the Swedish king.", ["Swedish"]),
    ("en", "Passengers can write to press@brightharbor.example.", []),
    ("en", "Passengers can write to info@brightharbor.example.", ["info@brightharbor.example"]),
    ("en", "See brightharbor.example/news or www.nordline.example.", ["www.nordline.example"]),
    ("en", "Nobody was hurt. Management said that ticket sales rose. Customers were happy.", []),
    ("en", "It was built in Norway by Vard, with batteries from Siemens.", ["Siemens"]),
    ("en", "Ferries, strikes and ships: what Bright Harbor does next", []),
    ("en", "The Nordic Transport Federation (NTF) called a strike.", []),
    ("en", "A pass of InterCity or EuroCity gives half price.", ["EuroCity"]),
    ("en", "I think that Lund's ferries, I'm sure, sail in May.", []),
    ("en", '"Never before," said Aas, "has Asia seen this."', ["Asia"]),
    ("contract", "Northwind Traders delivers the software to Contoso.", []),
    ("contract", "Fabrikam Inc delivers the software to Contoso.", ["Fabrikam Inc"]),
    ("contract", "The Supplier must follow Annex B and the GDPR.", []),
    ("contract", "The Supplier must follow Annex C and the CCPA.", ["C", "CCPA"]),
    ("contract", "Disputes go to courts in England, not in Scotland.", ["Scotland"]),
    ("contract", "Notices go to Amara Obi at Cannon Street in London.", []),
    ("contract", "Notices go to Amara Okafor at Fleet Street in London.", ["Okafor", "Fleet"]),
    ("contract", "Payment Is Due to Barclays in EUR", []),
    ("contract", "Payments are made in USD to HSBC.", ["USD", "HSBC"]),
    ("contract", "Signed on 2024-04-03 by both parties.", []),
    ("contract", "Amara Obi", []),
    ("contract", "Julia Stone", ["Julia Stone"]),
    ("de", "Die Stadtwerke haben mit der Firma Solarhaus einen Vertrag geschlossen.", []),
    ("de", "Die Stadtwerke haben mit der Firma Windkraft Nord einen Vertrag geschlossen.", ["Windkraft Nord"]),
    ("de", "Claudia Sommer freut sich über die Anlage und den Beitrag zum Klimaschutz.", []),
    ("de", "Claudia Winter freut sich über die Anlage und das Geld aus München.", ["Winter", "München"]),
    ("de", "Das berichtete der BR, nicht das ZDF.", ["ZDF"]),
    ("de", "Geschäftsführer Brunner nennt Kosten von zwölf Millionen Euro.", []),
    ("fr", "L'usine de Lyon est soutenue par la Banque de France.", []),
    ("fr", "L'usine de Marseille est soutenue par la Banque de France.", ["Marseille"]),
    ("fr", "Camille Fournier attend une croissance forte, a-t-elle dit au Monde.", ["Monde"]),
    ("fr", "La région Auvergne-Rhône-Alpes aide Lumière Verte depuis mars.", []),
    ("es", "Viento Claro abrió una planta en Zaragoza.", []),
    ("es", "Viento Claro abrió una planta en Huesca con dinero del BBVA.", ["Huesca", "BBVA"]),
    ("es", "Lo dijo Lucía Romero al diario El País.", ["País"]),
    ("nl", "Pieter van den Berg opent het park in mei.", []),
    ("nl", "Pieter van den Bosch opent het park bij Deventer.", ["Bosch", "Deventer"]),
    ("nl", "Rabobank betaalt, ING niet.", ["ING"]),
]

HELD = [
    ("en", "Edith Lund founded the company in Norway.", []),
    ("en", "Her daughter Ingrid Lund took over.", ["Ingrid"]),
    ("en", "The ships sail between Oslo and Copenhagen.", ["Copenhagen"]),
    ("en", "Volker Brandt, the German minister, was on board of the Solvei.", []),
    ("en", "Angela Brandt, the Austrian minister, was on board of the Solvei.", ["Angela", "Austrian"]),
    ("en", "Finally, the European Commission visited. Everyone was pleased.", []),
    ("en", "Finally, the European Parliament visited.", ["Parliament"]),
    ("en", "According to Dagbladet, Aas is satisfied.", []),
    ("en", "According to Reuters, Aas is satisfied.", ["Reuters"]),
    ("en", "Workers went on strike. Their union, the NTF, won.", []),
    ("en", "Workers of Nordline went on strike, and so did dockers in Hamburg.", ["Nordline", "Hamburg"]),
    ("en", "The ship was built by the Vard yard, paid by the EIB and insured at Lloyd's.", ["EIB", "Lloyd's"]),
    ("en", "On 12 June the World Wildlife Fund's director came.", []),
    ("en", "On 12 July the World Health Organization came.", ["12 July", "Health Organization"]),
    ("en", "News is at https://brightharbor.example/news/.", []),
    ("en", "News is at https://brightharbor.example/blog.", ["https://brightharbor.example/blog"]),
    ("en", "- Ferries run daily\n- Tickets cost less with InterCity\n- Dogs travel free", []),
    ("en", "- Ferries run daily\n- Tickets cost less with Interrail\n- Dogs travel free", ["Interrail"]),
    ("en", "Lund's company and Microsoft's cloud", ["Microsoft's"]),
    ("en", "New Ship Enters Service Between Oslo and Kiel", []),
    ("contract", "The agreement between Northwind and Contoso is governed by English law.", []),
    (
        "contract",
        "The agreement between Northwind and Adventure Works is governed by French law.",
        ["Adventure Works", "French"],
    ),
    ("contract", "Contoso Holdings plc pays the Supplier in EUR.", []),
    ("contract", "Contoso Holdings plc pays the Supplier via PayPal.", ["PayPal"]),
    ("contract", "Ms. Obi is General Counsel.", []),
    ("contract", "Mr. Patel is General Counsel.", ["Patel"]),
    ("contract", "Section 4 of Annex B applies, Customer data included.", ["Section"]),
    ("contract", "Data protection follows the GDPR and the HIPAA rules.", ["HIPAA"]),
    ("contract", "The courts of England and Wales decide; Barclays holds the money.", []),
    ("contract", "The courts of Ireland decide; Lloyds holds the money.", ["Ireland", "Lloyds"]),
    ("contract", "London", []),
    ("contract", "Manchester", ["Manchester"]),
    ("de", "Der Vertrag mit Solarhaus wurde im Februar geschlossen.", []),
    ("de", "Der Vertrag mit Siemens Energy wurde im Februar geschlossen.", ["Siemens Energy"]),
    ("de", "Thomas Brunner rechnet mit Kosten von zwölf Millionen Euro und einer Bauzeit von einem Jahr.", []),
    ("de", "Frau Sommer und Herr Krause lobten das Vorhaben und die Zusammenarbeit.", ["Krause"]),
    ("de", "Kritik kam vom Bund Naturschutz und von der CSU.", ["CSU"]),
    ("de", "Am 4.2.2024 wurde der Vertrag geschlossen, am 5.3.2024 begann der Bau.", ["5.3.2024"]),
    ("fr", "Selon Le Progrès, Lumière Verte a ouvert une usine.", []),
    ("fr", "Selon Le Figaro, Lumière Verte a ouvert une usine.", ["Figaro"]),
    ("fr", "Mme Fournier dirige la société; la BNP la finance.", ["BNP"]),
    ("fr", "Camille Fournier a ouvert l'usine le 7 mars 2024 à Lyon.", []),
    ("es", "El Banco Santander y el Gobierno de Aragón pagan la obra.", []),
    ("es", "El Banco Sabadell y la Junta de Andalucía pagan la obra.", ["Sabadell", "Junta de Andalucía"]),
    ("es", "Lucía Romero abrió la planta el 9 de enero.", []),
    ("nl", "Zonnekracht bouwt bij Zwolle, schreef De Stentor.", []),
    ("nl", "Vattenfall bouwt bij Zwolle, schreef De Telegraaf.", ["Vattenfall", "Telegraaf"]),
    ("nl", "De provincie Overijssel betaalt mee, de provincie Gelderland ook.", ["Gelderland"]),
]
