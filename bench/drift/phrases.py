"""What people write over mails and meetings, by language and purpose: for simulated desks that become files.

Written from life, not from the rules that are to be measured: nothing here was chosen because it is recognised.
`{n}` a number, `{name}` the other's given name, `{owner}` the owner's, `{topic}` what the work is about, `{month}`.
"""

from __future__ import annotations

WARM, WORK, ORDER = "warm", "work", "order"
Phrases = dict[str, tuple[str, ...]]

TOPICS: Phrases = {
    "en": ("warehouse", "website", "migration", "audit", "spring catalogue", "tender", "training", "Rotterdam site",
           "pricing", "onboarding", "packaging", "budget"),
    "nl": ("magazijn", "website", "migratie", "audit", "voorjaarscatalogus", "aanbesteding", "training", "begroting"),
    "de": ("Lager", "Webseite", "Umstellung", "Audit", "Katalog", "Ausschreibung", "Schulung", "Budget"),
    "fr": ("entrepôt", "site web", "migration", "audit", "catalogue", "appel d'offres", "formation", "budget"),
    "es": ("almacén", "página web", "migración", "auditoría", "catálogo", "licitación", "formación", "presupuesto"),
}  # fmt: skip
MONTHS: Phrases = {
    "en": ("March", "June", "September", "November"), "nl": ("maart", "juni", "september", "november"),
    "de": ("März", "Juni", "September", "November"), "fr": ("mars", "juin", "septembre", "novembre"),
    "es": ("marzo", "junio", "septiembre", "noviembre"),
}  # fmt: skip

MAIL: dict[str, Phrases] = {
    "en": {
        WARM: ("How are you?", "Thanks for lunch", "Great seeing you yesterday", "Happy birthday {name}!",
               "Congratulations!", "Coffee next week?", "Long time no see", "Thinking of you", "Catching up",
               "Hope you had a good holiday", "Get well soon", "Dinner in {month}?", "How was the marathon?",
               "Merry Christmas to you and the family", "Thank you for the kind words", "An article you might like",
               "Photos from Saturday", "Good luck with the move", "So sorry to hear about your father",
               "Drinks on Thursday?", "You made my day", "How is the little one?", "Just saying hello",
               "Looking forward to seeing you", "Thanks again, {name}"),
        WORK: ("{topic} - next steps", "Draft agenda for Tuesday", "Minutes of the meeting", "Comments on the draft",
               "Project plan v{n}", "Updated figures for {topic}", "Question about the {topic}",
               "Slides for the review",
               "Timeline for {topic}", "Deadline {month}", "Specification of the {topic}", "Action items",
               "Feedback on the proposal", "Access to the test system", "Planning {month}", "Revised scope",
               "Risk list {topic}", "Input needed by Friday", "Status {topic}", "Review of the {topic} document"),
        ORDER: ("Invoice {n}", "Purchase order {n}", "Order confirmation {n}", "Delivery note {n}", "Quote {n}",
                "Payment reminder invoice {n}", "Your order {n} has been shipped", "Remittance advice {n}",
                "Credit note {n}", "Receipt for your payment", "Statement of account {month}", "PO {n}"),
    },
    "nl": {
        WARM: ("Hoe gaat het?", "Bedankt voor de lunch", "Leuk je gezien te hebben", "Gefeliciteerd {name}!",
               "Koffie volgende week?", "Lang niet gezien", "Fijne vakantie", "Beterschap", "Even bijkletsen",
               "Borrel donderdag?", "Wat een mooi nieuws", "Sterkte", "Groeten uit Zeeland", "Etentje in {month}?",
               "Foto's van zaterdag", "Hoe is het met de kleine?", "Dank je wel voor gisteren", "Fijne kerstdagen"),
        WORK: ("Voortgang {topic}", "Agenda overleg dinsdag", "Notulen van de vergadering", "Concept offertetekst",
               "Vraag over {topic}", "Planning {month}", "Aangepaste cijfers {topic}", "Actiepunten",
               "Opmerkingen bij het concept", "Presentatie voor de review", "Toegang tot de testomgeving",
               "Projectplan versie {n}", "Vervolgstappen {topic}"),
        ORDER: ("Factuur {n}", "Bestelling {n}", "Orderbevestiging {n}", "Pakbon {n}", "Offerte {n}",
                "Betalingsherinnering {n}", "Creditnota {n}", "Uw bestelling {n} is verzonden"),
    },
    "de": {
        WARM: ("Wie geht es dir?", "Danke für das Mittagessen", "Schön, dich gesehen zu haben", "Alles Gute, {name}!",
               "Herzlichen Glückwunsch", "Kaffee nächste Woche?", "Lange nichts gehört", "Gute Besserung",
               "Schönen Urlaub", "Liebe Grüße aus Wien", "Frohe Weihnachten", "Mein Beileid",
               "Abendessen im {month}?",
               "Fotos vom Samstag", "Feierabendbier?", "Danke für gestern", "Wie war die Reise?",
               "Ich denke an dich"),
        WORK: ("{topic}: nächste Schritte", "Tagesordnung für Dienstag", "Protokoll der Besprechung",
               "Anmerkungen zum Entwurf", "Projektplan Version {n}", "Frage zum {topic}", "Aktualisierte Zahlen",
               "Terminplan {topic}", "Folien für das Review", "Stand {topic}", "Aufgabenliste", "Zugang Testsystem"),
        ORDER: ("Rechnung {n}", "Bestellung {n}", "Auftragsbestätigung {n}", "Lieferschein {n}", "Angebot {n}",
                "Zahlungserinnerung {n}", "Gutschrift {n}", "Mahnung {n}"),
    },
    "fr": {
        WARM: ("Comment vas-tu ?", "Merci pour le déjeuner", "Ravi de t'avoir revu", "Joyeux anniversaire {name} !",
               "Félicitations !", "Un café la semaine prochaine ?", "Ça fait longtemps", "Bon rétablissement",
               "Bonnes vacances", "Meilleurs vœux", "Dîner en {month} ?", "Les photos de samedi", "Bon courage",
               "Merci pour hier soir", "Des nouvelles ?", "Sincères condoléances"),
        WORK: ("{topic} : prochaines étapes", "Ordre du jour de mardi", "Compte rendu de réunion",
               "Remarques sur le projet", "Planning {month}", "Question sur {topic}", "Chiffres mis à jour",
               "Cahier des charges v{n}", "Point d'avancement {topic}", "Diapositives pour la revue"),
        ORDER: ("Facture {n}", "Bon de commande {n}", "Confirmation de commande {n}", "Bon de livraison {n}",
                "Devis {n}", "Rappel de paiement facture {n}", "Avoir {n}"),
    },
    "es": {
        WARM: ("¿Cómo estás?", "Gracias por la comida", "Qué alegría verte", "¡Feliz cumpleaños {name}!",
               "¡Enhorabuena!", "¿Un café la semana que viene?", "Cuánto tiempo", "Que te mejores",
               "Felices fiestas", "¿Cenamos en {month}?", "Fotos del sábado", "Un abrazo",
               "Mucha suerte con la mudanza",
               "Gracias por ayer", "¿Qué tal las vacaciones?", "Te acompaño en el sentimiento"),
        WORK: ("{topic}: próximos pasos", "Orden del día del martes", "Acta de la reunión",
               "Comentarios al borrador", "Planificación {month}", "Duda sobre {topic}", "Cifras actualizadas",
               "Plan de proyecto v{n}", "Estado de {topic}", "Diapositivas para la revisión"),
        ORDER: ("Factura {n}", "Pedido {n}", "Confirmación de pedido {n}", "Albarán {n}", "Presupuesto {n}",
                "Recordatorio de pago {n}", "Nota de abono {n}"),
    },
}  # fmt: skip

MEETING: dict[str, Phrases] = {
    "en": {
        WARM: ("Lunch with {name}", "Coffee with {name}", "Catch up {name} / {owner}", "Dinner {name}", "Catch-up",
               "Walk in the park", "Drinks", "Breakfast with {name}", "Coffee", "Lunch", "Birthday drinks {name}",
               "Social call {name}", "Beers after work", "Tennis with {name}", "Visit {name} and family"),
        WORK: ("Project review", "{topic} kick-off", "Contract negotiation", "Budget {month}", "{topic} workshop",
               "Planning session", "Design review {topic}", "Requirements {topic}", "Offer discussion",
               "Demo {topic}", "Preparation audit", "Quarterly figures", "Go/no-go {topic}", "Technical call"),
    },
    "nl": {
        WARM: ("Lunch met {name}", "Koffie {name}", "Bijpraten {name}", "Borrel", "Etentje {name}",
               "Wandelen met {name}",
               "Koffie drinken", "Ontbijt met {name}", "Verjaardag {name}"),
        WORK: ("Projectoverleg", "Kick-off {topic}", "Contractbespreking", "Begroting {month}", "Workshop {topic}",
               "Planningssessie", "Offertebespreking", "Demo {topic}", "Voorbereiding audit"),
    },
    "de": {
        WARM: ("Mittagessen mit {name}", "Kaffee mit {name}", "Abendessen {name}", "Spaziergang mit {name}",
               "Frühstück {name}", "Feierabendbier", "Geburtstag {name}", "Kaffee", "Wiedersehen mit {name}"),
        WORK: ("Projektbesprechung", "Kick-off {topic}", "Vertragsverhandlung", "Budget {month}", "Workshop {topic}",
               "Planung", "Angebotsbesprechung", "Vorführung {topic}", "Vorbereitung Audit", "Abnahme {topic}"),
    },
    "fr": {
        WARM: ("Déjeuner avec {name}", "Café avec {name}", "Dîner {name}", "Balade avec {name}", "Apéro",
               "Petit-déjeuner {name}", "Anniversaire de {name}", "Café"),
        WORK: ("Réunion de projet", "Lancement {topic}", "Négociation du contrat", "Budget {month}",
               "Atelier {topic}", "Revue technique", "Présentation de l'offre", "Démonstration {topic}"),
    },
    "es": {
        WARM: ("Comida con {name}", "Café con {name}", "Cena {name}", "Paseo con {name}", "Cañas",
               "Desayuno con {name}", "Cumpleaños de {name}", "Café"),
        WORK: ("Reunión de proyecto", "Arranque {topic}", "Negociación del contrato", "Presupuesto {month}",
               "Taller {topic}", "Revisión técnica", "Presentación de la oferta", "Demostración {topic}"),
    },
}  # fmt: skip

# A hand that knows a handful of phrases only, as a quickly written simulator would.
FEW_MAIL: Phrases = {
    WARM: ("How are you?", "Lunch next week?", "Thanks for dinner", "Happy birthday!", "Great to see you"),
    WORK: ("Project update", "Meeting notes", "Draft report", "Question about the project", "Next steps"),
    ORDER: ("Invoice {n}", "Order {n}", "Order confirmation {n}", "Payment received"),
}
FEW_MEETING: Phrases = {
    WARM: ("Lunch with {name}", "Coffee with {name}", "Catch up with {name}", "Dinner with {name}"),
    WORK: ("Project meeting", "Planning", "Contract review", "Status {topic}"),
}

PLACES = (
    "Café Zuid, Amsterdam",
    "Restaurant De Kas",
    "Brasserie Noord",
    "Vondelpark",
    "Espressobar Luna",
    "The Anchor",
)
OFFICES = ("Room 2.14", "Keizersgracht 120, Amsterdam", "Head office, Utrecht", "Their office", "Meeting room Delta")
SERIES = ("Weekly status", "Weekly sync", "Project stand-up", "Operations call")
ROLES = ("billing", "invoices", "orders", "accounts", "noreply", "sales", "administratie", "buchhaltung")

GIVEN = [
    "Anna", "Ben", "Clara", "David", "Eva", "Finn", "Greta", "Hugo", "Ilse", "Jan", "Karin", "Lars", "Mia", "Nils",
    "Olga", "Paul", "Rosa", "Sven", "Tara", "Udo", "Vera", "Wim", "Yara", "Zoe", "Marta", "Pieter", "Sofia",
    "Thomas", "Lena", "Bram", "Ines", "Jonas", "Nora", "Felix", "Julia", "Simon", "Laura", "Max", "Emma", "Luc",
]  # fmt: skip
FAMILY = [
    "Berg", "Vogel", "Jansen", "Meyer", "Dubois", "Garcia", "Lindqvist", "Novak", "Rossi", "Smit", "Keller",
    "Moreau", "Torres", "Bakker", "Fischer", "Laurent", "Navarro", "Visscher", "Brandt", "Leroy", "Ortega",
    "Dekker", "Schulz", "Perrin", "Castillo", "Mulder", "Hoffman", "Girard", "Ramos", "Kuiper", "Wolff", "Marchand",
    "Vidal", "Postma", "Krause", "Fontaine", "Molina", "Hendriks", "Lorenz", "Renard", "Serrano", "Dijkstra",
    "Seidel", "Blanc", "Campos", "Veenstra", "Baumann", "Colin", "Herrera", "Kok",
]  # fmt: skip
FIRMS = [
    "Nordkai", "Helio", "Brixton", "Vantage", "Almere", "Orbis", "Kestrel", "Lumen", "Pinewood", "Tidal", "Marlow",
    "Quarry", "Saffron", "Delft", "Ember", "Larch", "Coral", "Harbour", "Juno", "Mosaic", "Falcon", "Ridge",
    "Cobalt", "Meadow", "Anchor", "Birch", "Summit", "Aster", "Copper", "Willow",
]  # fmt: skip
TRADES = ["logistics", "design", "foods", "steel", "software", "partners", "press", "works", "trading", "energy"]
