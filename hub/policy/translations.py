"""Everything that a display says, in every language it can say it in: title (60), text (255), one short line (32).

One table a language, each complete: a test holds every kind and phrase against every language.
"""

from enum import StrEnum

from maskgate.messages import DisplayKind, Language


class Phrase(StrEnum):
    """What takes the place of a kind's usual words, or is said by a screen that has no hub to listen to."""

    ONE_BY_ONE = "one_by_one"  # a mask alone is not enough
    NO_RULE = "no_rule"  # idle, and nobody asks for a mask
    OFFLINE = "offline"  # the screen does not hear the hub
    NO_DOOR = "no_door"  # the screen's door is not in the configuration any more


Said = tuple[str, str, str]
_K, _P = DisplayKind, Phrase

_ENGLISH: dict[DisplayKind | Phrase, Said] = {
    _K.IDLE: ("Welcome", "Please wear a mask over nose and mouth.", "Please wear a mask"),
    _K.WELCOME: ("Thank you", "Please come in.", "Thank you, please come in"),
    _K.MASK_REQUIRED: ("Please put on your mask", "It must cover nose and mouth.", "Please put on your mask"),
    _K.COVER_NOSE: ("Cover your nose", "The mask must cover nose and mouth.", "Cover your nose"),
    _K.LOOK_HERE: ("Please look here", "Face the camera for a moment.", "Please look at the camera"),
    _K.DENIED: ("No entry without a mask", "Please put on a mask and look at the camera.", "No entry without a mask"),
    _K.MESSAGE: ("Please note", "", "Please note"),
    _K.EMERGENCY: ("Emergency", "The entry is released.", "Emergency: entry released"),
    _K.OUT_OF_SERVICE: ("Closed for the moment", "Please wait, or ask the staff.", "Closed, please ask the staff"),
    _P.ONE_BY_ONE: ("One at a time", "Please step back and come to the camera one by one, each with a mask.",
                    "One at a time, please"),
    _P.NO_RULE: ("Welcome", "Please come in.", "Welcome"),
    _P.OFFLINE: ("No connection", "Please ask the staff.", "No connection, ask the staff"),
    _P.NO_DOOR: ("Not in use", "This display belongs to no door.", "Display not in use"),
}  # fmt: skip
_SPANISH: dict[DisplayKind | Phrase, Said] = {
    _K.IDLE: ("Bienvenidos", "Por favor, lleve mascarilla sobre nariz y boca.", "Use mascarilla, por favor"),
    _K.WELCOME: ("Gracias", "Pase, por favor.", "Gracias, pase por favor"),
    _K.MASK_REQUIRED: ("Póngase la mascarilla, por favor", "Debe cubrir la nariz y la boca.",
                       "Póngase la mascarilla"),
    _K.COVER_NOSE: ("Cúbrase la nariz", "La mascarilla debe cubrir la nariz y la boca.", "Cúbrase la nariz"),
    _K.LOOK_HERE: ("Mire aquí, por favor", "Mire a la cámara un momento.", "Mire a la cámara"),
    _K.DENIED: ("Sin mascarilla no se puede entrar", "Póngase una mascarilla y mire a la cámara.",
                "Prohibido pasar sin mascarilla"),
    _K.MESSAGE: ("Aviso", "", "Aviso"),
    _K.EMERGENCY: ("Emergencia", "La entrada está desbloqueada.", "Emergencia: entrada libre"),
    _K.OUT_OF_SERVICE: ("Cerrado por el momento", "Espere o pregunte al personal.", "Cerrado, avise al personal"),
    _P.ONE_BY_ONE: ("De uno en uno", "Den un paso atrás y acérquense a la cámara de uno en uno, con mascarilla.",
                    "De uno en uno, por favor"),
    _P.NO_RULE: ("Bienvenidos", "Pase, por favor.", "Bienvenidos"),
    _P.OFFLINE: ("Sin conexión", "Pregunte al personal.", "Sin conexión, avise al personal"),
    _P.NO_DOOR: ("Fuera de uso", "Esta pantalla no pertenece a ninguna puerta.", "Pantalla fuera de uso"),
}  # fmt: skip
_GERMAN: dict[DisplayKind | Phrase, Said] = {
    _K.IDLE: ("Willkommen", "Bitte tragen Sie eine Maske über Nase und Mund.", "Bitte Maske tragen"),
    _K.WELCOME: ("Danke", "Bitte treten Sie ein.", "Danke, bitte eintreten"),
    _K.MASK_REQUIRED: ("Bitte Maske aufsetzen", "Sie muss Nase und Mund bedecken.", "Bitte Maske aufsetzen"),
    _K.COVER_NOSE: ("Bitte Nase bedecken", "Die Maske muss Nase und Mund bedecken.", "Bitte Nase bedecken"),
    _K.LOOK_HERE: ("Bitte hierher sehen", "Blicken Sie kurz in die Kamera.", "Bitte in die Kamera sehen"),
    _K.DENIED: ("Kein Zutritt ohne Maske", "Bitte setzen Sie eine Maske auf und sehen Sie in die Kamera.",
                "Kein Zutritt ohne Maske"),
    _K.MESSAGE: ("Bitte beachten", "", "Bitte beachten"),
    _K.EMERGENCY: ("Notfall", "Der Eingang ist freigegeben.", "Notfall: Eingang frei"),
    _K.OUT_OF_SERVICE: ("Zurzeit geschlossen", "Bitte warten Sie, oder fragen Sie das Personal.",
                        "Geschlossen, Personal fragen"),
    _P.ONE_BY_ONE: ("Bitte einzeln", "Bitte treten Sie zurück und kommen Sie einzeln zur Kamera, jeder mit Maske.",
                    "Bitte einzeln eintreten"),
    _P.NO_RULE: ("Willkommen", "Bitte treten Sie ein.", "Willkommen"),
    _P.OFFLINE: ("Keine Verbindung", "Bitte fragen Sie das Personal.", "Gestört, Personal fragen"),
    _P.NO_DOOR: ("Nicht in Betrieb", "Diese Anzeige gehört zu keiner Tür.", "Anzeige nicht in Betrieb"),
}  # fmt: skip
_FRENCH: dict[DisplayKind | Phrase, Said] = {
    _K.IDLE: ("Bienvenue", "Veuillez porter un masque sur le nez et la bouche.", "Portez un masque"),
    _K.WELCOME: ("Merci", "Entrez, je vous prie.", "Merci, veuillez entrer"),
    _K.MASK_REQUIRED: ("Mettez votre masque, s’il vous plaît", "Il doit couvrir le nez et la bouche.",
                       "Mettez votre masque"),
    _K.COVER_NOSE: ("Couvrez votre nez", "Le masque doit couvrir le nez et la bouche.", "Couvrez votre nez"),
    _K.LOOK_HERE: ("Regardez ici", "Regardez la caméra un instant.", "Regardez la caméra"),
    _K.DENIED: ("Entrée interdite sans masque", "Mettez un masque et regardez la caméra.",
                "Entrée interdite sans masque"),
    _K.MESSAGE: ("À noter", "", "À noter"),
    _K.EMERGENCY: ("Urgence", "L’entrée est déverrouillée.", "Urgence : entrée libre"),
    _K.OUT_OF_SERVICE: ("Fermé pour le moment", "Patientez ou adressez-vous au personnel.",
                        "Fermé, voyez le personnel"),
    _P.ONE_BY_ONE: ("Une personne à la fois", "Reculez et approchez de la caméra un par un, chacun avec un masque.",
                    "Une personne à la fois"),
    _P.NO_RULE: ("Bienvenue", "Entrez, je vous prie.", "Bienvenue"),
    _P.OFFLINE: ("Pas de connexion", "Adressez-vous au personnel.", "En panne, voyez le personnel"),
    _P.NO_DOOR: ("Hors service", "Cet écran n’appartient à aucune porte.", "Écran hors service"),
}  # fmt: skip
_CHINESE: dict[DisplayKind | Phrase, Said] = {
    _K.IDLE: ("欢迎光临", "请佩戴口罩，遮住口鼻。", "请佩戴口罩"),
    _K.WELCOME: ("谢谢", "请进。", "谢谢，请进"),
    _K.MASK_REQUIRED: ("请戴上口罩", "口罩须遮住口鼻。", "请戴上口罩"),
    _K.COVER_NOSE: ("请遮住鼻子", "口罩须同时遮住口鼻。", "请遮住鼻子"),
    _K.LOOK_HERE: ("请看这里", "请面向摄像头稍候。", "请看摄像头"),
    _K.DENIED: ("未戴口罩，禁止入内", "请戴上口罩，然后面向摄像头。", "未戴口罩，禁止入内"),
    _K.MESSAGE: ("请注意", "", "请注意"),
    _K.EMERGENCY: ("紧急情况", "入口已解锁。", "紧急情况：入口已解锁"),
    _K.OUT_OF_SERVICE: ("暂停使用", "请稍候，或询问工作人员。", "暂停使用，请询问工作人员"),
    _P.ONE_BY_ONE: ("请逐一通过", "请退后，每人戴好口罩，逐一面向摄像头。", "请逐一通过"),
    _P.NO_RULE: ("欢迎光临", "请进。", "欢迎光临"),
    _P.OFFLINE: ("连接中断", "请询问工作人员。", "连接中断，请询问工作人员"),
    _P.NO_DOOR: ("未启用", "此显示屏不属于任何入口。", "显示屏未启用"),
}
_ARABIC: dict[DisplayKind | Phrase, Said] = {
    _K.IDLE: ("أهلاً وسهلاً", "يرجى ارتداء كمامة تغطي الأنف والفم.", "يرجى ارتداء الكمامة"),
    _K.WELCOME: ("شكراً لكم", "تفضلوا بالدخول.", "شكراً، تفضلوا بالدخول"),
    _K.MASK_REQUIRED: ("يرجى ارتداء الكمامة", "يجب أن تغطي الأنف والفم.", "يرجى ارتداء الكمامة"),
    _K.COVER_NOSE: ("يرجى تغطية الأنف", "يجب أن تغطي الكمامة الأنف والفم.", "يرجى تغطية الأنف"),
    _K.LOOK_HERE: ("يرجى النظر هنا", "انظروا إلى الكاميرا للحظة.", "انظروا إلى الكاميرا"),
    _K.DENIED: ("ممنوع الدخول بدون كمامة", "يرجى ارتداء كمامة والنظر إلى الكاميرا.", "ممنوع الدخول بدون كمامة"),
    _K.MESSAGE: ("تنبيه", "", "تنبيه"),
    _K.EMERGENCY: ("حالة طوارئ", "المدخل مفتوح.", "حالة طوارئ: المدخل مفتوح"),
    _K.OUT_OF_SERVICE: ("مغلق مؤقتاً", "يرجى الانتظار أو سؤال الموظفين.", "مغلق، اسألوا الموظفين"),
    _P.ONE_BY_ONE: ("واحداً تلو الآخر", "يرجى التراجع ثم التقدم إلى الكاميرا واحداً تلو الآخر مع الكمامة.",
                    "واحداً تلو الآخر من فضلكم"),
    _P.NO_RULE: ("أهلاً وسهلاً", "تفضلوا بالدخول.", "أهلاً وسهلاً"),
    _P.OFFLINE: ("لا يوجد اتصال", "يرجى سؤال الموظفين.", "لا اتصال، اسألوا الموظفين"),
    _P.NO_DOOR: ("خارج الخدمة", "هذه الشاشة لا تتبع أي باب.", "الشاشة خارج الخدمة"),
}  # fmt: skip

SAID: dict[Language, dict[DisplayKind | Phrase, Said]] = {
    Language.EN: _ENGLISH,
    Language.ES: _SPANISH,
    Language.DE: _GERMAN,
    Language.FR: _FRENCH,
    Language.ZH: _CHINESE,
    Language.AR: _ARABIC,
}
