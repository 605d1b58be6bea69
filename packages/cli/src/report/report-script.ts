/** What the report does by itself: the slider, the choice of numbers, and opening the case that a link leads to. */
export const reportScript = `
document.documentElement.classList.add('js')
const slider = document.getElementById('detail')
const levels = [...document.querySelectorAll('figure[data-level]')]
const centre = (figure) => {
  const box = figure.querySelector('.drawing')
  const start = figure.querySelector('.start')
  if (!start) return
  const [around, at] = [box.getBoundingClientRect(), start.getBoundingClientRect()]
  box.scrollLeft += at.left + at.width / 2 - (around.left + around.width / 2)
}
const show = () => {
  levels.forEach((figure, index) => { figure.hidden = index !== Number(slider.value) })
  slider.setAttribute('aria-valuetext', levels[Number(slider.value)].dataset.share)
  centre(levels[Number(slider.value)])
}
if (slider) {
  slider.addEventListener('input', show)
  show()
} else levels.forEach(centre)
const maps = document.getElementById('maps')
for (const choice of document.querySelectorAll('input[name=numbers]'))
  choice.addEventListener('change', () => maps.classList.toggle('by-time', choice.value === 'time' && choice.checked))
const open = () => {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)))
  const holder = target && target.closest('details')
  if (holder) {
    holder.open = true
    target.scrollIntoView({ block: 'center' })
  }
}
addEventListener('hashchange', open)
open()
`
