/*
about = "no gemeente delivered only zeros: it would count as not delivered, and CBS's table should be looked at"
ernst = "waarschuwing"
*/
select
    boekjaar,
    verslagsoort,
    plaatsing,
    gemeente_code
from core.iv3_levering
where status = 'alles nul'
