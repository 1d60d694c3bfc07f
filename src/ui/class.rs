//! Every class name of the page, in one place; the style sheets in `www/` give them their looks.

use yew::html::Classes;

macro_rules! class_names {
    ($($variant:ident = $name:literal,)*) => {
        /// A class name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs)] // the names say what they are
        pub enum Class { $($variant,)* }

        impl Class {
            /// As the style sheets write it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Class::$variant => $name,)* }
            }
        }
    };
}

class_names! {
    // The frame.
    App = "app",
    Header = "header",
    Brand = "brand",
    BrandName = "brand-name",
    BrandMark = "brand-mark",
    BrandAir = "brand-air",
    BrandWater = "brand-water",
    Rooms = "rooms",
    RoomLink = "room-link",
    RoomNumber = "room-number",
    RoomMenu = "room-menu",
    HeaderTools = "header-tools",
    Columns = "columns",
    ColumnsLanding = "columns-landing",
    ColumnsNoInspector = "columns-no-inspector",
    LessonColumn = "lesson",
    InspectorColumn = "inspector",
    StageColumn = "stage-column",
    Foot = "foot",
    Overlay = "overlay",
    Dialog = "dialog",
    DialogHead = "dialog-head",
    KeyList = "key-list",
    Glossary = "glossary",
    PanicCard = "panic-card",
    Toast = "toast",
    SkipLink = "skip-link",
    SrOnly = "sr-only",
    // Elements.
    Button = "button",
    ButtonMain = "button-main",
    ButtonDanger = "button-danger",
    ButtonQuiet = "button-quiet",
    ButtonIcon = "button-icon",
    LinkButton = "link-button",
    Icon = "icon",
    Field = "field",
    Check = "check",
    Segmented = "segmented",
    Truth = "truth",
    TruthExact = "truth-exact",
    TruthModel = "truth-model",
    Note = "note",
    Warning = "warning",
    Card = "card",
    Mono = "mono",
    // The lesson.
    LessonText = "lesson-text",
    LessonSection = "lesson-section",
    SettingList = "setting-list",
    Setting = "setting",
    SettingName = "setting-name",
    SettingUnit = "setting-unit",
    SettingDefault = "setting-default",
    SettingChanged = "setting-changed",
    SimplifiedList = "simplified-list",
    Fold = "fold",
    // Send form and run control.
    Form = "form",
    FormRow = "form-row",
    FormGrid = "form-grid",
    FormActions = "form-actions",
    HeaderRow = "header-row",
    // Transport and timeline.
    Transport = "transport",
    TransportButtons = "transport-buttons",
    TransportTime = "transport-time",
    TransportLabel = "transport-label",
    Timeline = "timeline",
    TimelineTrack = "timeline-track",
    TimelineRange = "timeline-range",
    TimelineMark = "timeline-mark",
    Speed = "speed",
    // The ledger.
    Ledger = "ledger",
    LedgerTitle = "ledger-title",
    LedgerFigures = "ledger-figures",
    LedgerFigure = "ledger-figure",
    LedgerNumber = "ledger-number",
    LedgerMetrics = "ledger-metrics",
    LedgerTable = "ledger-table",
    LedgerGap = "ledger-gap",
    // The inspector.
    Facts = "facts",
    Fact = "fact",
    Bytes = "bytes",
    ByteRow = "byte-row",
    ByteField = "byte-field",
    ByteLit = "byte-lit",
    Journey = "journey",
    Moment = "moment",
    RecordList = "record-list",
    // Landing.
    Landing = "landing",
    LandingQuestion = "landing-question",
    LandingTruths = "landing-truths",
    LandingTruth = "landing-truth",
    Course = "course",
    CourseHead = "course-head",
    RoomCards = "room-cards",
    RoomCard = "room-card",
    RoomCardHead = "room-card-head",
    BringBack = "bring-back",
    PlayButton = "play-button",
    TimelineRail = "timeline-rail",
    TimelineDone = "timeline-done",
    TimelineTick = "timeline-tick",
    TimelineMarks = "timeline-marks",
    FoldButton = "fold-button",
    Burst = "burst",
    InspectionHead = "inspection-head",
    InspectionTitle = "inspection-title",
    Standing = "standing",
    Linked = "linked",
    RecordButton = "record-button",
    Dot = "dot",
    // A key's hue and a record's state.
    Hue0 = "hue-0",
    Hue1 = "hue-1",
    Hue2 = "hue-2",
    Hue3 = "hue-3",
    Hue4 = "hue-4",
    Hue5 = "hue-5",
    Hue6 = "hue-6",
    Hue7 = "hue-7",
    HueNone = "hue-none",
    StateWaiting = "state-waiting",
    StatePending = "state-pending",
    StateCommitted = "state-committed",
    StateLost = "state-lost",
    StateDuplicate = "state-duplicate",
    // Tones.
    ToneAccent = "tone-accent",
    ToneLost = "tone-lost",
    TonePending = "tone-pending",
    ToneCommitted = "tone-committed",
    ToneDuplicate = "tone-duplicate",
    ToneQuiet = "tone-quiet",
}

impl From<Class> for Classes {
    fn from(class: Class) -> Self {
        Classes::from(class.name())
    }
}
